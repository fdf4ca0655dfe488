import { randomBytes } from 'node:crypto'
import { decodeAnnouncement, encodeAnnouncement, type Announcement } from './announce.js'
import { collectTurn } from './collect-turn.js'
import { createListeners } from './listeners.js'
import { openRedisLink, type RedisAddress } from './redis-link.js'
import type { Relay } from './relay.js'

const SUBSCRIBE_PATIENCE_MS = 500
const PROBE_INTERVAL_MS = 1000
const PROBE_PATIENCE_MS = 3000
/** Payloads that Redis has not confirmed. Beyond it they are dropped: the readers find the events in PostgreSQL. */
const MOST_UNCONFIRMED = 2000
/** Stands between announcements that travel together. They are JSON, in which it is always escaped. */
const SEPARATOR = '\x1e'
/** Characters, from which on a payload takes no more. */
const LONG_ENOUGH = 65_536

export interface RedisRelayOptions extends RedisAddress {
  /** Begins every channel's name, so that installations can share a Redis. */
  prefix: string
  onError(error: Error): void
}

/**
 * A relay through Redis, for any number of nodes. Listeners of this node are served directly, so that they do not depend
 * on Redis; what comes back of it is ignored, but shows that the connections carry something: one may look healthy and be
 * dead. So that something comes back, there is a payload to itself every second.
 */
export function createRedisRelay({ prefix, onError, ...address }: RedisRelayOptions): Relay {
  const link = openRedisLink(address, onError)
  const listeners = createListeners()
  const nodeName = randomBytes(9).toString('base64url')
  const probeChannel = `${prefix}:probe:${nodeName}`
  const complete = (channel: string) => `${prefix}:${channel}`
  let unconfirmed = 0
  let dropped = 0
  let lastEchoAt = Date.now()
  let isClosed = false

  const subscribe = (name: string) => link.subscribe(name).catch(onError)
  link.onReady(() => {
    lastEchoAt = Date.now()
    for (const name of [probeChannel, ...listeners.channels()]) void subscribe(name)
  })
  link.onPayload((channel, payload) => {
    if (isClosed) return
    if (payload.toString('latin1', 0, nodeName.length) === nodeName) {
      lastEchoAt = Date.now()
      return
    }
    const name = channel.toString()
    for (const part of split(payload.subarray(nodeName.length))) {
      try {
        listeners.dispatch(name, decodeAnnouncement(part))
      } catch (error) {
        // Of another version, or of a stranger: readers find in PostgreSQL what it may have told.
        onError(error as Error)
      }
    }
  })

  const sendTogether = (parcels: Parcel[]) => {
    const count = parcels.reduce((sum, { texts }) => sum + texts.length, 0)
    if (unconfirmed >= MOST_UNCONFIRMED || !link.isReady()) {
      dropped += count
      return
    }
    unconfirmed += count
    link
      .publish(parcels.map(({ channel, texts }) => ({ channel, payload: nodeName + texts.join(SEPARATOR) })))
      .catch((error: unknown) => {
        dropped += count
        onError(error as Error)
      })
      .finally(() => (unconfirmed -= count))
  }

  const send = (parcels: Parcel[]) => {
    for (let from = 0; from < parcels.length; from += link.mostTogether) {
      sendTogether(parcels.slice(from, from + link.mostTogether))
    }
  }

  const publish = collectTurn<{ announcement: Announcement; text: string }>((byChannel) => {
    if (isClosed) return
    const parcels: Parcel[] = []
    for (const [channel, items] of byChannel) pack(channel, items, parcels)
    send(parcels)
    for (const [channel, items] of byChannel) {
      for (const { announcement } of items) listeners.dispatch(channel, announcement)
    }
  })

  const prober = setInterval(() => {
    if (Date.now() - lastEchoAt > PROBE_PATIENCE_MS) {
      lastEchoAt = Date.now()
      link.reconnect()
    }
    send([{ channel: probeChannel, texts: [''] }])
  }, PROBE_INTERVAL_MS)

  return {
    publish(channels, announcement) {
      publish(channels.map(complete), { announcement, text: encodeAnnouncement(announcement) })
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
    memory: {
      evaluate: (script, calls) =>
        link.evaluate(
          script,
          calls.map(({ key, values }) => ({ key: complete(key), values })),
        ),
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

/** What travels to a channel in one payload. */
interface Parcel {
  channel: string
  texts: string[]
}

/** Adds as many parcels to those on their way as the items of a channel need. */
function pack(channel: string, items: { text: string }[], parcels: Parcel[]): void {
  let length = LONG_ENOUGH
  for (const { text } of items) {
    if (length >= LONG_ENOUGH) {
      parcels.push({ channel, texts: [] })
      length = 0
    }
    parcels.at(-1)?.texts.push(text)
    length += text.length
  }
}

function* split(payload: Buffer): Generator<Buffer> {
  let from = 0
  for (let end = payload.indexOf(SEPARATOR); end >= 0; end = payload.indexOf(SEPARATOR, from)) {
    yield payload.subarray(from, end)
    from = end + 1
  }
  yield payload.subarray(from)
}
