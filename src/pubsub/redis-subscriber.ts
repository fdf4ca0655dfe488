import type { Redis } from 'ioredis'

const PROBE_INTERVAL_MS = 1000
/** A connection is dead after this number of probes without an echo. */
const MOST_UNANSWERED = 3
const RETRY_MS = 200
/** Channels of one SUBSCRIBE. Redis does nothing else while it runs. */
const MAX_BATCH_SIZE = 250

export interface RedisSubscriber {
  readonly probeChannel: string
  /**
   * Subscribes to a channel until `remove`, however often the connection breaks or Redis loses the subscription. Resolves
   * when the subscription holds for the first time, or was removed; never rejects.
   */
  add(channel: string): Promise<void>
  remove(channel: string): void
  /** Whether payloads arrive at the moment. */
  isUp(): boolean
  /** Subscribes to every channel again. */
  refresh(): void
  close(): void
}

export interface SubscriberOptions {
  /** Sharded subscriptions (`ssubscribe`) are those of a cluster; channels of several slots cannot share a command. */
  isSharded: boolean
  /** A channel of this connection alone. */
  probeChannel: string
  publishProbe(channel: string): void
  onPayload(channel: Buffer, payload: Buffer): void
  /** Called when no probe has come back for some seconds. The subscriber then replaces its connection. */
  onSilent(): void
  onError(error: Error): void
}

/**
 * Keeps one connection subscribed to the wanted channels. It knows which subscriptions hold on this connection, changes the
 * difference in one batch at a time, and repeats what failed: a subscription whose command failed once must not be missing
 * for ever, and an `add` right after a `remove` must win. Every second it verifies both ends: the count in the reply to
 * SUBSCRIBE must equal the number of held channels, and a payload to itself must come back, because a connection can look
 * healthy and carry nothing.
 */
export function createRedisSubscriber(redis: Redis, options: SubscriberOptions): RedisSubscriber {
  const { isSharded, probeChannel, publishProbe, onPayload, onSilent, onError } = options
  const probeName = Buffer.from(probeChannel)
  const wanted = new Set([probeChannel])
  /** What Redis has confirmed on the present connection. */
  const held = new Set<string>()
  /** Channels for which `wanted` and `held` may differ. */
  const changed = new Set([probeChannel])
  const waiting = new Map<string, (() => void)[]>()
  let connection = 0
  let isWorking = false
  let isWorkDue = false
  let isClosed = false
  let isAuditDue = false
  let unanswered = 0
  let retryTimer: NodeJS.Timeout | undefined

  redis.on('error', onError)
  redis.on('ready', () => {
    unanswered = 0
    work()
  })
  redis.on('close', () => {
    connection++
    isWorking = false
    refresh()
  })
  redis.on(isSharded ? 'smessageBuffer' : 'messageBuffer', (channel: Buffer, payload: Buffer) => {
    if (channel.equals(probeName)) unanswered = 0
    else onPayload(channel, payload)
  })
  const prober = setInterval(probe, PROBE_INTERVAL_MS)

  const isUp = () => redis.status === 'ready' && held.has(probeChannel)

  function refresh(): void {
    held.clear()
    for (const channel of wanted) changed.add(channel)
    work()
  }

  // Counted in probes, not in time: after the event loop was blocked, payloads that have arrived were not read yet.
  function probe(): void {
    if (unanswered >= MOST_UNANSWERED) {
      unanswered = 0
      if (isUp()) onSilent()
      redis.disconnect(true)
      return
    }
    unanswered++
    isAuditDue = true
    work()
    publishProbe(probeChannel)
  }

  function work(): void {
    if (isWorking || redis.status !== 'ready') return
    isWorking = true
    const mine = connection
    applyAll(mine).catch((error: unknown) => {
      if (mine !== connection) return
      isWorking = false
      onError(error as Error)
      clearTimeout(retryTimer)
      retryTimer = setTimeout(work, RETRY_MS)
    })
  }

  /** All channels of a tick share a command: alone, each would cost a system call here and one in Redis. */
  function workSoon(): void {
    if (isWorkDue) return
    isWorkDue = true
    setImmediate(() => {
      isWorkDue = false
      if (!isClosed) work()
    })
  }

  async function applyAll(mine: number): Promise<void> {
    while (mine === connection && (changed.size > 0 || isAuditDue)) {
      if (changed.size > 0) await applyChanges(mine)
      else await audit(mine)
    }
    if (mine === connection) isWorking = false
  }

  /** @throws what failed first, when all has ended; what failed is tried again then */
  async function applyChanges(mine: number): Promise<void> {
    const channels = [...changed]
    changed.clear()
    const missing = channels.filter((channel) => wanted.has(channel) && !held.has(channel))
    const needless = channels.filter((channel) => !wanted.has(channel) && held.has(channel))
    // Removed before the reply: an `add` that comes meanwhile must wait for a subscription of its own.
    for (const channel of needless) held.delete(channel)
    const outcomes = await Promise.allSettled([
      ...batches(missing).map((batch) => hold(mine, batch)),
      // A failed UNSUBSCRIBE leaves a subscription that the audit notices.
      ...batches(needless).map(unsubscribe),
    ])
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  async function hold(mine: number, channels: string[]): Promise<void> {
    try {
      await subscribe(channels)
    } catch (error) {
      for (const channel of channels) changed.add(channel)
      throw error
    }
    if (mine !== connection) return
    for (const channel of channels) {
      held.add(channel)
      settle(channel)
    }
  }

  const subscribe = (channels: string[]) => (isSharded ? redis.ssubscribe(...channels) : redis.subscribe(...channels))
  const unsubscribe = (channels: string[]) =>
    isSharded ? redis.sunsubscribe(...channels) : redis.unsubscribe(...channels)

  function settle(channel: string): void {
    for (const resolve of waiting.get(channel) ?? []) resolve()
    waiting.delete(channel)
  }

  /** Subscribes to a held channel again, for the count in the reply. No other command runs meanwhile. */
  async function audit(mine: number): Promise<void> {
    isAuditDue = false
    const count = Number(await subscribe([probeChannel]))
    if (mine !== connection || count === held.size) return
    if (count < held.size) refresh()
    else redis.disconnect(true)
  }

  function batches(channels: string[]): string[][] {
    const size = isSharded ? 1 : MAX_BATCH_SIZE
    return Array.from({ length: Math.ceil(channels.length / size) }, (_, place) =>
      channels.slice(place * size, (place + 1) * size),
    )
  }

  return {
    probeChannel,
    add(channel) {
      wanted.add(channel)
      if (held.has(channel)) return Promise.resolve()
      changed.add(channel)
      return new Promise((resolve) => {
        waiting.set(channel, [...(waiting.get(channel) ?? []), resolve])
        workSoon()
      })
    },
    remove(channel) {
      wanted.delete(channel)
      changed.add(channel)
      settle(channel)
      workSoon()
    },
    isUp,
    refresh,
    close() {
      // Failures that this causes are neither reported nor retried.
      connection++
      isClosed = true
      clearInterval(prober)
      clearTimeout(retryTimer)
      redis.removeAllListeners('close')
      redis.disconnect()
      for (const channel of waiting.keys()) settle(channel)
    },
  }
}
