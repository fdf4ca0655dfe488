/** How long a replica that has failed rests before it is probed again. */
const REST_MS = 1000

/** Whether a replica may be read from. */
export interface ReplicaHealth {
  isUp(): boolean
  /** Takes the replica out of use until a probe has succeeded. */
  fail(error: unknown): void
  /** Waits for the probe under way. */
  close(): Promise<void>
}

/** Told once of each fault and of its end. */
export interface HealthListener {
  onDown(error: unknown): void
  onUp(): void
}

/**
 * Watches a replica, so that no reader waits for one that is away. It is out of use until `probe` resolves to true, and probed
 * again only after a failure. `probe` rejects because of the replica, and resolves to false where it cannot tell.
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
    }, REST_MS)
    timer.unref()
  }

  return {
    isUp: () => state === 'up',
    fail(error) {
      // Several reads can fail at once: the first one starts the rest.
      if (state === 'up') fall(error)
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await probing
    },
  }
}
