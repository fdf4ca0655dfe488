import { tooMany, unavailable } from '../errors/request-error.js'
import { accountRestMs } from './account-rest.js'

/**
 * Two requests keep PostgreSQL busy for one account while an answer is written. With six, the first burst of history
 * requests of one account raised the p99 of the others from 13 to 173 ms; with two, to 27 ms (measured).
 */
export const MAX_CONCURRENT = 2
/** An app or a page asks for at most so many more together. */
const MANY_WAITING = 6
const MOST_WAITING = 1000
const MB = 1024 * 1024
/** Bytes of answers that wait to be read. The largest answer has about 12 MB. */
const MOST_BYTES_OF_ACCOUNT = 12 * MB
const MOST_BYTES_OF_NODE = 256 * MB

interface Work {
  underWay: number
  waiting: (() => void)[]
  unreadBytes: number
}

/** Requests that were refused on this node since its start. */
export interface AccountWorkCounts {
  /** Too many requests of the account waited. */
  concurrency: number
  /** Too much of the account's answers, or of all answers, was unread. */
  unreadAnswers: number
}

/** Bounds the requests that a node handles for each account at once, and the bytes of its answers that wait to be read. */
export interface AccountWork {
  /**
   * Begins a request. Returns undefined when it may proceed at once, otherwise a promise of its turn. Each request that was
   * begun must be ended.
   * @throws RequestError 429 when too many requests of the account wait, or too much of its answers is unread · 503 when
   * too much of all answers together is unread, and some of it is this account's
   */
  begin(account: string): Promise<void> | undefined
  /** Ends a request, which took so long: the next one of the account has its turn, after a rest. */
  end(account: string, tookMs?: number): void
  /** Counts an answer from now until the function that it returns is called. */
  countUnread(account: string, bytes: number): () => void
  readonly counts: Readonly<AccountWorkCounts>
  /** The unread bytes of all accounts. */
  unreadBytes(): number
  /** The number of accounts in memory: those with running requests or unread answers. */
  size(): number
}

export function createAccountWork(): AccountWork {
  const works = new Map<string, Work>()
  const counts: AccountWorkCounts = { concurrency: 0, unreadAnswers: 0 }
  let unreadOfAll = 0

  function open(account: string): Work {
    let work = works.get(account)
    if (work === undefined) works.set(account, (work = { underWay: 0, waiting: [], unreadBytes: 0 }))
    return work
  }

  function forgetIdle(account: string, { underWay, unreadBytes }: Work): void {
    if (underWay === 0 && unreadBytes === 0) works.delete(account)
  }

  function end(account: string, tookMs = 0): void {
    const work = open(account)
    const restMs = work.waiting.length > 0 ? accountRestMs(tookMs, work.waiting.length > MANY_WAITING) : 0
    if (restMs === 0) giveTurn(account, work)
    else setTimeout(giveTurn, restMs, account, work)
  }

  function giveTurn(account: string, work: Work): void {
    const next = work.waiting.shift()
    if (next) return next()
    work.underWay--
    forgetIdle(account, work)
  }

  /** Ends a request that was begun, when too much is unread. */
  function requireRead(account: string, work: Work): void {
    // When a node is full, only the accounts that fill it are refused.
    const isNodeFull = unreadOfAll >= MOST_BYTES_OF_NODE && work.unreadBytes > 0
    if (work.unreadBytes < MOST_BYTES_OF_ACCOUNT && !isNodeFull) return
    end(account)
    counts.unreadAnswers++
    if (isNodeFull) throw unavailable('Too many answers wait to be read')
    throw tooMany('Too many answers of this account wait to be read')
  }

  return {
    begin(account) {
      const work = open(account)
      if (work.underWay < MAX_CONCURRENT) {
        work.underWay++
        requireRead(account, work)
        return undefined
      }
      if (work.waiting.length >= MOST_WAITING) {
        counts.concurrency++
        throw tooMany('Too many requests of this account at once')
      }
      return new Promise<void>((resolve) => work.waiting.push(resolve)).then(() => requireRead(account, work))
    },
    end,
    countUnread(account, bytes) {
      const work = open(account)
      work.unreadBytes += bytes
      unreadOfAll += bytes
      return () => {
        work.unreadBytes -= bytes
        unreadOfAll -= bytes
        forgetIdle(account, work)
      }
    },
    counts,
    unreadBytes: () => unreadOfAll,
    size: () => works.size,
  }
}
