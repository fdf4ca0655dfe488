import { now } from '../environment/clock.js'
import type { Limits } from '../../protocol/wire.js'

/** What servers allow by default, for those that do not say. */
const DEFAULT_FRAMES_PER_SECOND = 20
const DEFAULT_FRAME_BURST = 40
/**
 * How much of the allowance is used. The server counts pongs as well, and frames that a slow network delivers together:
 * what exceeds its limits ends the socket with 4029.
 */
const SHARE = 0.75

/** Sends frames in order, not faster than the server allows. */
export interface FrameLimiter {
  /** `onSent` is called when the frame goes out. */
  send(type: string, payload: object, onSent?: () => void): void
  /** From now on the limits of this server hold. */
  applyLimits(limits: Limits | undefined): void
  /** Drops what waits. */
  stop(): void
}

export function createFrameLimiter(write: (text: string) => void): FrameLimiter {
  const queue: { text: string; onSent: (() => void) | undefined }[] = []
  let { perSecond, burst } = toRate(undefined)
  let allowance = burst
  let allowanceAt = now()
  let timer: ReturnType<typeof setTimeout> | undefined

  function refill(): void {
    const refilledAt = now()
    allowance = Math.min(burst, allowance + ((refilledAt - allowanceAt) / 1000) * perSecond)
    allowanceAt = refilledAt
  }

  function sendQueued(): void {
    timer = undefined
    refill()
    for (let next; allowance >= 1 && (next = queue.shift()) !== undefined; allowance--) {
      write(next.text)
      next.onSent?.()
    }
    if (queue.length > 0) timer = setTimeout(sendQueued, 1000 / perSecond)
  }

  return {
    send(type, payload, onSent) {
      queue.push({ text: JSON.stringify({ type, payload }), onSent })
      if (timer === undefined) sendQueued()
    },
    applyLimits(limits) {
      refill()
      const spent = burst - allowance
      ;({ perSecond, burst } = toRate(limits))
      allowance = burst - spent
    },
    stop() {
      clearTimeout(timer)
      queue.length = 0
    },
  }
}

function toRate(limits: Partial<Limits> | undefined): { perSecond: number; burst: number } {
  const perSecond = orDefault(limits?.frames_per_second, DEFAULT_FRAMES_PER_SECOND) * SHARE
  const burst = orDefault(limits?.frame_burst, DEFAULT_FRAME_BURST) * SHARE
  // With less than one nothing would ever be sent.
  return { perSecond, burst: Math.max(1, burst) }
}

/** A limit of 0, or no limit, says nothing about what is allowed. */
export const orDefault = (limit: number | undefined, standard: number): number =>
  limit !== undefined && limit > 0 ? limit : standard
