import { setTimeout as delay } from 'node:timers/promises'
import { accountRestMs } from '../../limits/account-rest.js'
import type { Account } from '../../protocol/account.js'

/** Bytes of syncs that an account may be sent at once, and per second in the long run. */
const BURST_BYTES = 8 * 2 ** 20
const BYTES_PER_SECOND = 2 ** 20

/** An app opens at most so many more sockets at once. */
const MANY_WAITING = 4

interface Turns {
  last: Promise<unknown>
  waiting: number
  /** Bytes that may be read at once; negative after more was read. */
  allowance: number
  allowanceAt: number
  /** How long the last work took. */
  tookMs: number
  /** Removes the entry of an idle account when its allowance is full again. */
  restTimer?: NodeJS.Timeout | undefined
}

/**
 * Bounds what the sockets of one account make this node read: one piece of work at a time, and a number of bytes per
 * second.
 */
export interface AccountTurns {
  /**
   * Runs work after the account's earlier work. `isWanted` is asked when its turn comes; when it returns false, the work is
   * skipped and undefined is returned. `sizeOf` returns how many bytes the work has read.
   */
  run<T>(
    account: Pick<Account, 'side' | 'id'>,
    isWanted: () => boolean,
    work: () => Promise<T>,
    sizeOf: (result: T) => number,
  ): Promise<T | undefined>
}

export function createAccountTurns(): AccountTurns {
  const byAccount = new Map<string, Turns>()

  const refill = (turns: Turns) => {
    const now = performance.now()
    turns.allowance = Math.min(BURST_BYTES, turns.allowance + ((now - turns.allowanceAt) / 1000) * BYTES_PER_SECOND)
    turns.allowanceAt = now
  }

  /** An account whose allowance is full again needs no entry. */
  const forgetRested = (key: string, turns: Turns) => {
    refill(turns)
    const restMs = ((BURST_BYTES - turns.allowance) / BYTES_PER_SECOND) * 1000
    if (restMs <= 0) byAccount.delete(key)
    else turns.restTimer = setTimeout(() => forgetRested(key, turns), restMs + 1).unref()
  }

  return {
    async run({ side, id }, isWanted, work, sizeOf) {
      const key = `${side}:${id}`
      const turns = byAccount.get(key) ?? {
        ...{ last: Promise.resolve(), waiting: 0 },
        ...{ allowance: BURST_BYTES, allowanceAt: performance.now(), tookMs: 0 },
      }
      byAccount.set(key, turns)
      clearTimeout(turns.restTimer)
      turns.waiting++
      const turn = turns.last.then(async () => {
        refill(turns)
        if (turns.allowance < 0 && isWanted()) await delay((-turns.allowance / BYTES_PER_SECOND) * 1000)
        if (!isWanted()) return undefined
        const startedAt = performance.now()
        const result = await work()
        turns.tookMs = performance.now() - startedAt
        turns.allowance -= sizeOf(result)
        return result
      })
      turns.last = turn
        .catch(() => undefined)
        .then(async () => {
          const restMs = turns.waiting > 0 ? accountRestMs(turns.tookMs, turns.waiting > MANY_WAITING) : 0
          turns.tookMs = 0
          if (restMs > 0) await delay(restMs)
        })
      try {
        return await turn
      } finally {
        turns.waiting--
        if (turns.waiting === 0) forgetRested(key, turns)
      }
    },
  }
}
