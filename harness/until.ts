import { setTimeout as delay } from 'node:timers/promises'
import { PATIENCE_VARIABLE } from './variables.js'

const PAUSE_MS = 5
/** A condition is looked at again after three times as long as the look took: asking a busy server often keeps it busy. */
const PAUSE_FACTOR = 3
const MOST_PAUSE_MS = 50
/** By how much deadlines are multiplied: 1 for a file alone, more in a whole run, which keeps the machine busy. */
export const patience = Number(process.env[PATIENCE_VARIABLE] ?? 1)

/**
 * Waits until a condition holds, and returns its value. A condition that throws does not hold yet.
 * @throws Error after the deadline, whose cause is the last value or error of the condition
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  deadlineMs: number,
  what = String(condition),
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + deadlineMs * patience
  for (;;) {
    const startedAt = performance.now()
    const outcome = await attempt(condition)
    const tookMs = performance.now() - startedAt
    if (outcome.value !== undefined && outcome.value !== null && outcome.value !== false) {
      return outcome.value as NonNullable<Exclude<T, false>>
    }
    if (Date.now() >= deadline) {
      throw new Error(`Not within ${deadlineMs * patience} ms: ${what}`, { cause: outcome.error ?? outcome.value })
    }
    await delay(Math.min(MOST_PAUSE_MS, Math.max(PAUSE_MS, PAUSE_FACTOR * tookMs)))
  }
}

async function attempt<T>(condition: () => T | Promise<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await condition() }
  } catch (error) {
    return { error }
  }
}

/** Waits for a promise, and rejects after a deadline. */
export async function within<T>(deadlineMs: number, promise: Promise<T>, what = 'the promise'): Promise<T> {
  const abort = new AbortController()
  const late = delay(deadlineMs * patience, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`Not within ${deadlineMs * patience} ms: ${what}`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    abort.abort()
    late.catch(() => undefined)
  }
}
