import { tooMany, unavailable } from '../errors/request-error.js'

/** As many connections as a browser opens to one server. */
const MOST_AT_ONCE = 6
const MOST_WAITING = 1000
const MB = 1024 * 1024
/** Of answers that wait to be read: a few of the largest there are. */
const MOST_BYTES_OF_ACCOUNT = 32 * MB
const MOST_BYTES_OF_NODE = 256 * MB

interface Work {
  underWay: number
  waiting: (() => void)[]
  unreadBytes: number
}

/** Bounds what a node does for each account at once, and how much of its answers waits to be read. */
export interface AccountWork {
  /**
   * Begins a request: undefined when it may go on at once, otherwise those beyond the bound wait for their turn. Each that
   * was begun must end.
   * @throws RequestError 429 when too many wait, or when too much of the account's answers was not read yet · 503 when
   * that is so of all accounts together, and some of it is this one's
   */
  begin(account: string): Promise<void> | undefined
  /** Ends a request: the next one of the account has its turn. */
  end(account: string): void
  /** Counts an answer from now until the function that it returns is called. */
  countUnread(account: string, bytes: number): () => void
  /** Of all accounts. */
  unreadBytes(): number
  /** How many accounts are in memory: those with work. */
  size(): number
}

export function createAccountWork(): AccountWork {
  const works = new Map<string, Work>()
  let unreadOfAll = 0

  function open(account: string): Work {
    let work = works.get(account)
    if (work === undefined) works.set(account, (work = { underWay: 0, waiting: [], unreadBytes: 0 }))
    return work
  }

  function forgetIdle(account: string, { underWay, unreadBytes }: Work): void {
    if (underWay === 0 && unreadBytes === 0) works.delete(account)
  }

  function end(account: string): void {
    const work = open(account)
    const next = work.waiting.shift()
    if (next) return next()
    work.underWay--
    forgetIdle(account, work)
  }

  /** Ends a request that has begun when too much is unread. */
  function requireRead(account: string, work: Work): void {
    // Of a node that is full, those are refused who fill it.
    const isNodeFull = unreadOfAll >= MOST_BYTES_OF_NODE && work.unreadBytes > 0
    if (work.unreadBytes < MOST_BYTES_OF_ACCOUNT && !isNodeFull) return
    end(account)
    if (isNodeFull) throw unavailable('Too many answers wait to be read')
    throw tooMany('Too many answers of this account wait to be read')
  }

  return {
    begin(account) {
      const work = open(account)
      if (work.underWay < MOST_AT_ONCE) {
        work.underWay++
        requireRead(account, work)
        return undefined
      }
      if (work.waiting.length >= MOST_WAITING) throw tooMany('Too many requests of this account at once')
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
    unreadBytes: () => unreadOfAll,
    size: () => works.size,
  }
}
