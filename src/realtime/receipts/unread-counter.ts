import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../../database/database.js'
import { countUnread, toUnreadCount } from '../../notifications/count-unread.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import { MAX_UNREAD_COUNT } from '../../protocol/limits.js'
import type { UnreadCount } from '../../protocol/schemas/notifications.js'

/** A count is sent at most this often, however many messages come. */
const MERGE_MS = 500
/** The event of a message may arrive this long after the count that includes it. */
const LAG_MS = 3000
/**
 * Counts in doubt are read again after REST_FACTOR × the duration of the last count, and after MAX_REST_MS at the latest.
 */
const REST_FACTOR = 20
const MAX_REST_MS = 10_000
/** Admins per statement: so few that none takes long. */
const READ_TOGETHER = 4
/** The pause after a statement is as long as that took, at most this long: counts use half of one connection. */
const MAX_PAUSE_MS = 100
/** A count that failed is retried after a time that doubles, up to MAX_RETRY_MS. */
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 30_000

interface Tally {
  /** Undefined until it has been read. */
  unread?: UnreadCount
  sent?: UnreadCount
  /** When the count was last read, and how many messages have come since. */
  readAt: number
  meanwhile: number
  isInDoubt: boolean
}

/** How often in a row the count of an admin failed, and when to try again. */
interface Retry {
  failures: number
  at: number
}

/**
 * Sends admins the number of their unread notifications. A count is read once and then incremented with each message; when
 * the admin reads, it is read again. A message whose event arrives during a count or soon after may be included in it or
 * not: the count is in doubt then and is read again, but not so often that a stream of messages keeps the database
 * counting. A count at its maximum stays as it is until the admin reads.
 *
 * A count that fails is retried later each time, alone and after the others, so that one admin's failing count does not
 * delay the others.
 */
export function createUnreadCounter(
  db: Database,
  send: (adminId: number, frame: string) => void,
  onError: (error: unknown) => void,
) {
  const tallies = new Map<number, Tally>()
  const retries = new Map<number, Retry>()
  let doubtsDueAt = 0
  let timer: NodeJS.Timeout | undefined

  function begin(adminId: number): Tally {
    const tally = { readAt: 0, meanwhile: 0, isInDoubt: false }
    tallies.set(adminId, tally)
    return tally
  }

  async function readCounts(): Promise<void> {
    const startedAt = Date.now()
    const areDoubtsDue = startedAt >= doubtsDueAt
    const due = [...tallies].filter(
      ([adminId, { unread, isInDoubt }]) =>
        (unread === undefined || (isInDoubt && areDoubtsDue)) && startedAt >= (retries.get(adminId)?.at ?? 0),
    )
    let spentMs = 0
    for (const group of groupDue(due)) {
      const groupStartedAt = Date.now()
      // The others wait for the next round: a database that is away is not asked once per group.
      const hasSucceeded = await readGroup(group)
      const tookMs = Date.now() - groupStartedAt
      spentMs += tookMs
      if (!hasSucceeded) break
      sendCounts()
      await delay(Math.min(tookMs, MAX_PAUSE_MS))
    }
    // Measured from the beginning of the round, so that admins who have just read do not delay the others.
    if (areDoubtsDue) doubtsDueAt = Date.now() + Math.min(REST_FACTOR * spentMs, MAX_REST_MS)
  }

  async function readGroup(group: [number, Tally][]): Promise<boolean> {
    const readAt = Date.now()
    for (const [, tally] of group) Object.assign(tally, { readAt, meanwhile: 0 })
    try {
      const counts = await countUnread(
        db,
        group.map(([adminId]) => adminId),
      )
      for (const [adminId, tally] of group) {
        tally.unread = addTo(counts.get(adminId) ?? toUnreadCount(0), tally.meanwhile)
        tally.isInDoubt = tally.meanwhile > 0 && canGrow(tally.unread)
        retries.delete(adminId)
      }
      return true
    } catch (error) {
      onError(error)
      for (const [adminId] of group) putOff(adminId)
      return false
    }
  }

  function putOff(adminId: number): void {
    const failures = (retries.get(adminId)?.failures ?? 0) + 1
    const longest = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS)
    retries.set(adminId, { failures, at: Date.now() + longest * (0.5 + Math.random() / 2) })
  }

  /** Groups of admins whose counts are read together, then, one by one, those whose count failed before. */
  function groupDue(due: [number, Tally][]): [number, Tally][][] {
    const fresh = due.filter(([adminId]) => !retries.has(adminId))
    const groups: [number, Tally][][] = []
    while (fresh.length > 0) groups.push(fresh.splice(0, READ_TOGETHER))
    return groups.concat(due.filter(([adminId]) => retries.has(adminId)).map((alone) => [alone]))
  }

  function sendCounts(): void {
    for (const [adminId, tally] of tallies) {
      const { unread, sent } = tally
      if (unread === undefined || (unread.count === sent?.count && unread.has_more === sent.has_more)) continue
      tally.sent = unread
      send(adminId, encodeFrame('new_notification', unread))
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      void readCounts().finally(() => {
        sendCounts()
        timer = undefined
        if ([...tallies.values()].some(({ unread, isInDoubt }) => unread === undefined || isInDoubt)) schedule()
      })
    }, MERGE_MS)
  }

  return {
    /** An admin has got a notification. */
    add(adminId: number): void {
      const tally = tallies.get(adminId) ?? begin(adminId)
      tally.meanwhile++
      if (tally.unread !== undefined) {
        if (!canGrow(tally.unread)) return
        tally.unread = addTo(tally.unread, 1)
      }
      if (Date.now() - tally.readAt < LAG_MS) tally.isInDoubt = true
      schedule()
    },
    /** An admin has read notifications: the count that is being read is outdated. */
    recount(adminId: number): void {
      begin(adminId)
      schedule()
    },
    forget(adminId: number): void {
      tallies.delete(adminId)
      retries.delete(adminId)
    },
    close(): void {
      clearTimeout(timer)
      tallies.clear()
    },
  }
}

const addTo = ({ count, has_more }: UnreadCount, more: number) => toUnreadCount(count + more, has_more)

/** Whether another message would change the number. */
const canGrow = ({ count, has_more }: UnreadCount) => count < MAX_UNREAD_COUNT || has_more === undefined
