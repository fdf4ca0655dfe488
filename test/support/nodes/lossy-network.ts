import type { Test } from 'tap'
import { createInProcessPubSub, type Bus } from '../../../src/pubsub/in-process.js'
import type { PubSub } from '../../../src/pubsub/pubsub.js'
import type { Network } from './network.js'
import type { ChatEvent } from '../../../src/events/events.js'

export interface Losses {
  /** The fraction of events that is lost. */
  drop: number
  /** The fraction that is delivered twice. */
  duplicate: number
  /** The fraction that is delayed, so that others overtake it. */
  delay: number
  longestDelayMs: number
}

export interface LossyNetwork extends Pick<Network, 'config' | 'createPubSub'> {
  /** Drops all events that match from now on. */
  cut(matches?: (channel: string, event: ChatEvent) => boolean): void
  mend(): void
  counts: Record<'carried' | 'dropped' | 'duplicated' | 'delayed', number>
}

const reliable: Losses = { drop: 0, duplicate: 0, delay: 0, longestDelayMs: 0 }

/** An in-process network that loses, repeats, delays and reorders events, each channel independently. */
export function createLossyNetwork(t: Test, random: () => number = Math.random, losses = reliable): LossyNetwork {
  const bus: Bus = new Set()
  const timers = new Set<NodeJS.Timeout>()
  const counts = { carried: 0, dropped: 0, duplicated: 0, delayed: 0 }
  let isCut: (channel: string, event: ChatEvent) => boolean = () => false
  t.teardown(() => timers.forEach((timer) => clearTimeout(timer)))

  function carry(pubsub: PubSub, channel: string, event: ChatEvent): void {
    if (isCut(channel, event) || random() < losses.drop) {
      counts.dropped++
      return
    }
    counts.carried++
    if (random() < losses.duplicate) {
      counts.duplicated++
      later(() => pubsub.publish([channel], event))
    }
    if (random() >= losses.delay) return pubsub.publish([channel], event)
    counts.delayed++
    later(() => pubsub.publish([channel], event))
  }

  function later(act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, random() * losses.longestDelayMs)
    timers.add(timer)
  }

  return {
    config: {},
    counts,
    cut: (matches = () => true) => (isCut = matches),
    mend: () => (isCut = () => false),
    createPubSub() {
      const pubsub = createInProcessPubSub(bus)
      return {
        ...pubsub,
        publish: (channels, event) => channels.forEach((channel) => carry(pubsub, channel, event)),
      }
    },
  }
}
