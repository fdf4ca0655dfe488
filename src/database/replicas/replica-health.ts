/** Pause before a failed replica is probed again. */
const PROBE_PAUSE_MS = 1000

/** Whether a replica may be read from. */
export interface ReplicaHealth {
  isUp(): boolean
  /** Takes the replica out of use until a probe succeeds. */
  fail(error: unknown): void
  /** Stops probing, and waits for a running probe. */
  close(): Promise<void>
}

/** Called once for each fault and once for its end. */
export interface HealthListener {
  onDown(error: unknown): void
  onUp(): void
}

/**
 * Watches a replica, so that no reader waits for one that is unavailable. A replica is used only after a probe has
 * resolved to true, and is probed again only after a failure. `probe` rejects when the replica fails, and resolves to
 * false when it cannot decide.
 */
export function watchReplica(probe: () => Promise<boolean>, { onDown, onUp }: HealthListener): ReplicaHealth {
  let state: 'unknown' | 'up' | 'down' = 'unknown'
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let probing = runProbe()

  async function runProbe(): Promise<void> {
    try {
      if (await probe()) rise()
      else probeLater()
    } catch (error) {
      fall(error)
    }
  }

  function rise(): void {
    if (state === 'down') onUp()
    state = 'up'
  }

  function fall(error: unknown): void {
    if (state !== 'down' && !isClosed) onDown(error)
    state = 'down'
    probeLater()
  }

  function probeLater(): void {
    if (isClosed) return
    timer = setTimeout(() => {
      probing = runProbe()
    }, PROBE_PAUSE_MS)
    timer.unref()
  }

  return {
    isUp: () => state === 'up',
    fail(error) {
      // Several reads can fail at the same time; only the first one takes the replica out of use.
      if (state === 'up') fall(error)
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await probing
    },
  }
}
