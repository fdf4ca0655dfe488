import { randomBytes } from 'node:crypto'
import { collectTurn } from './collect-turn.js'
import { createListeners } from './listeners.js'
import { openRedisLink, type RedisAddress } from './redis-link.js'
import type { Relay } from './relay.js'

const SUBSCRIBE_PATIENCE_MS = 500
const PROBE_INTERVAL_MS = 1000
const PROBE_PATIENCE_MS = 3000
/** Payloads that Redis has not confirmed. Beyond it they are dropped: the readers find the events in PostgreSQL. */
const MOST_UNCONFIRMED = 2000
/** Stands between payloads that travel together. They are JSON, in which it is always escaped. */
const SEPARATOR = '\x1e'
/** Characters, from which on payloads do not wait for more company. */
const LONG_ENOUGH = 65_536

export interface RedisRelayOptions extends RedisAddress {
  /** Begins every channel's name, so that installations can share a Redis. */
  prefix: string
  onError(error: Error): void
}

/**
 * A relay through Redis, for any number of nodes. Listeners of this node are served directly, so that they do not depend
 * on Redis; what comes back of it is ignored. A payload to itself, every second, shows whether the connections carry
 * anything: a connection may look healthy and be dead.
 */
export function createRedisRelay({ prefix, onError, ...address }: RedisRelayOptions): Relay {
  const link = openRedisLink(address, onError)
  const listeners = createListeners()
  const nodeName = randomBytes(9).toString('base64url')
  const probeChannel = `${prefix}:probe:${nodeName}`
  const complete = (channel: string) => `${prefix}:${channel}`
  let unconfirmed = 0
  let dropped = 0
  let lastProbeAt = Date.now()
  let isClosed = false

  const subscribe = (name: string) => link.subscribe(name).catch(onError)
  link.onReady(() => {
    lastProbeAt = Date.now()
    for (const name of [probeChannel, ...listeners.channels()]) void subscribe(name)
  })
  link.onPayload((name, text) => {
    if (isClosed) return
    if (name === probeChannel) lastProbeAt = Date.now()
    if (text.startsWith(nodeName)) return
    for (const payload of text.slice(nodeName.length).split(SEPARATOR)) listeners.dispatch(name, payload)
  })

  const send = (name: string, payloads: string[]) => {
    const count = payloads.length
    if (unconfirmed >= MOST_UNCONFIRMED || !link.isReady()) {
      dropped += count
      return
    }
    unconfirmed += count
    link
      .publish(name, nodeName + payloads.join(SEPARATOR))
      .catch((error: unknown) => {
        dropped += count
        onError(error as Error)
      })
      .finally(() => (unconfirmed -= count))
  }

  const publish = collectTurn((payloads, name) => {
    if (isClosed) return
    for (const together of cutWhenLong(payloads)) send(name, together)
    for (const payload of payloads) listeners.dispatch(name, payload)
  })

  const prober = setInterval(() => {
    if (Date.now() - lastProbeAt > PROBE_PATIENCE_MS) {
      lastProbeAt = Date.now()
      link.reconnect()
    }
    send(probeChannel, [''])
  }, PROBE_INTERVAL_MS)

  return {
    publish(channels, payload) {
      publish(channels.map(complete), payload)
    },
    async subscribe(channel, listener) {
      const name = complete(channel)
      if (listeners.add(name, listener) && link.isReady()) {
        await Promise.race([subscribe(name), new Promise((resolve) => setTimeout(resolve, SUBSCRIBE_PATIENCE_MS))])
      }
      return () => {
        if (listeners.remove(name, listener) && link.isReady()) link.unsubscribe(name).catch(onError)
      }
    },
    isUp: () => link.isReady(),
    droppedCount: () => dropped,
    async close() {
      isClosed = true
      clearInterval(prober)
      listeners.clear()
      link.close()
    },
  }
}

function cutWhenLong(payloads: string[]): string[][] {
  const pieces: string[][] = []
  let length = LONG_ENOUGH
  for (const payload of payloads) {
    if (length >= LONG_ENOUGH) {
      pieces.push([])
      length = 0
    }
    pieces.at(-1)?.push(payload)
    length += payload.length
  }
  return pieces
}
