import type { Database } from '../../database/database.js'
import { countUnread, toUnreadCount } from '../../notifications/count-unread.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import { MAX_UNREAD_COUNT } from '../../protocol/limits.js'
import type { UnreadCount } from '../../protocol/schemas/notifications.js'

/** At most this often: a crowd of messages is one change of a number. */
const MERGE_MS = 500
/** What was committed before a number was read may be announced so much later. */
const LAG_MS = 3000
/** Numbers in doubt are read again after so many times what their reading took, and at the latest after so long. */
const REST = 20
const LONGEST_REST_MS = 10_000
/** So many admins' numbers are read by one statement, which keeps it far below what a statement may take. */
const READ_TOGETHER = 16
/** A number that could not be read is tried again after a time that doubles, at the latest after so long. */
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000

interface Tally {
  /** Undefined until it has been read. */
  unread?: UnreadCount
  told?: UnreadCount
  /** When it was last asked for, and how many have come since. */
  readAt: number
  meanwhile: number
  isInDoubt: boolean
}

/** How often in a row an admin's number could not be read, and when to try again. */
interface Retry {
  failures: number
  at: number
}

/**
 * Tells admins how many of their notifications are unread. A number is read once and then counted up with each message;
 * when the admin reads, it is read again. What is announced while it is being read, or soon after, may be in it or not: then
 * it is in doubt, and is read again, but not so often that admins to whom messages pour in would keep the database counting.
 * From its bound on, a number stays as it is until the admin reads.
 *
 * A number that cannot be read is put off, longer each time, and is read alone then, after the others: no admin keeps
 * another from being told.
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
    for (const group of groupDue(due)) {
      // The rest has its turn in the next round: a database that is away is not asked once for each group.
      if (!(await readGroup(group))) break
    }
    // Those who have just read do not put off the others.
    if (areDoubtsDue) doubtsDueAt = Date.now() + Math.min(REST * (Date.now() - startedAt), LONGEST_REST_MS)
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
    const longest = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS)
    retries.set(adminId, { failures, at: Date.now() + longest * (0.5 + Math.random() / 2) })
  }

  /** Those who may be read together, and then one by one those who were put off. */
  function groupDue(due: [number, Tally][]): [number, Tally][][] {
    const fresh = due.filter(([adminId]) => !retries.has(adminId))
    const groups: [number, Tally][][] = []
    while (fresh.length > 0) groups.push(fresh.splice(0, READ_TOGETHER))
    return groups.concat(due.filter(([adminId]) => retries.has(adminId)).map((alone) => [alone]))
  }

  function tell(): void {
    for (const [adminId, tally] of tallies) {
      const { unread, told } = tally
      if (unread === undefined || (unread.count === told?.count && unread.has_more === told.has_more)) continue
      tally.told = unread
      send(adminId, encodeFrame('new_notification', unread))
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      void readCounts().finally(() => {
        tell()
        timer = undefined
        if ([...tallies.values()].some(({ unread, isInDoubt }) => unread === undefined || isInDoubt)) schedule()
      })
    }, MERGE_MS)
  }

  return {
    /** A notification has come for an admin. */
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
    /** An admin has read some: what is being read now is no longer true. */
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
