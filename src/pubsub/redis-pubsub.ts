import { randomBytes } from 'node:crypto'
import { batchPerTick } from './batch-per-tick.js'
import { createListeners } from './local-listeners.js'
import { openRedisLink } from './redis-link.js'
import type { RedisAddress } from './redis-options.js'
import type { PubSub } from './pubsub.js'
import type { ChatEvent } from '../events/events.js'
import { decodeEvent, encodeEvent } from './codec.js'

const SUBSCRIBE_PATIENCE_MS = 500
/**
 * Payloads that Redis has not confirmed. Beyond this number they are dropped: the receivers read the events from
 * PostgreSQL.
 */
const MOST_UNCONFIRMED = 2000
/** Separates events in one payload. They are JSON, in which this character is always escaped. */
const SEPARATOR = '\x1e'
/** A payload with so many characters takes no more events. */
const LONG_ENOUGH = 65_536

export interface RedisPubSubOptions extends RedisAddress {
  /** Begins every channel's name. */
  prefix: string
  /** Names the installation until `joinInstallation`; it separates installations on one Redis. */
  installation: string
  onError(error: Error): void
}

/**
 * A pub/sub through Redis, for any number of nodes. Listeners of this node are called directly, so that they do not depend
 * on Redis; the node's own events that come back are ignored.
 */
export function createRedisPubSub({ prefix, installation, onError, ...address }: RedisPubSubOptions): PubSub {
  const listeners = createListeners()
  const nodeName = randomBytes(9).toString('base64url')
  let space = `${prefix}:${installation}:`
  let unconfirmed = 0
  const counts = { published: 0, dropped: 0, received: 0 }
  let isClosed = false

  const link = openRedisLink({ ...address, probePrefix: `${prefix}:probe:${nodeName}`, onPayload, onError })

  function onPayload(channel: Buffer, payload: Buffer): void {
    if (isClosed || payload.toString('latin1', 0, nodeName.length) === nodeName) return
    const name = channel.toString()
    // A payload of the installation that this node has just left.
    if (!name.startsWith(space)) return
    for (const part of split(payload.subarray(nodeName.length))) {
      try {
        listeners.dispatch(name.slice(space.length), decodeEvent(part))
        counts.received++
      } catch (error) {
        // A payload of another version or of a stranger is dropped: its events are read from PostgreSQL.
        onError(error as Error)
      }
    }
  }

  const sendTogether = (parcels: Parcel[]) => {
    const count = parcels.reduce((sum, { texts }) => sum + texts.length, 0)
    if (unconfirmed >= MOST_UNCONFIRMED || !link.canPublish()) {
      counts.dropped += count
      return
    }
    unconfirmed += count
    link
      .publish(parcels.map(({ channel, texts }) => ({ channel, payload: nodeName + texts.join(SEPARATOR) })))
      .catch((error: unknown) => {
        counts.dropped += count
        onError(error as Error)
      })
      .finally(() => (unconfirmed -= count))
  }

  const send = (parcels: Parcel[]) => {
    for (let from = 0; from < parcels.length; from += link.mostTogether) {
      sendTogether(parcels.slice(from, from + link.mostTogether))
    }
  }

  const publish = batchPerTick<{ event: ChatEvent; text: string }>((byChannel) => {
    if (isClosed) return
    const parcels: Parcel[] = []
    for (const [channel, items] of byChannel) pack(space + channel, items, parcels)
    send(parcels)
    for (const [channel, items] of byChannel) {
      for (const { event } of items) listeners.dispatch(channel, event)
    }
  })

  return {
    publish(channels, event) {
      counts.published++
      publish(channels, { event, text: encodeEvent(event) })
    },
    async subscribe(channel, listener) {
      listeners.add(channel, listener)
      const subscribed = link.subscribe(space + channel)
      if (link.canPublish()) await withinPatience(subscribed)
      return () => {
        if (listeners.remove(channel, listener)) link.unsubscribe(space + channel)
      }
    },
    counters: {
      evaluate: (script, calls) =>
        link.evaluate(
          script,
          calls.map(({ key, values }) => ({ key: space + key, values })),
        ),
    },
    joinInstallation(installation) {
      const left = space
      space = `${prefix}:${installation}:`
      if (space === left) return
      for (const channel of listeners.channels()) {
        link.unsubscribe(left + channel)
        void link.subscribe(space + channel)
      }
    },
    isUp: () => link.isUp(),
    counts,
    async close() {
      isClosed = true
      listeners.clear()
      link.close()
    },
  }
}

async function withinPatience(subscribed: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, SUBSCRIBE_PATIENCE_MS)))
  await Promise.race([subscribed, late])
  clearTimeout(timer)
}

/** The events of one payload. */
interface Parcel {
  channel: string
  texts: string[]
}

/** Packs the items of a channel into as many parcels as they need. */
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
