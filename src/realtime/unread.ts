import type { Database } from '../database/database.js'
import { countUnread } from '../notifications/notifications.js'
import { frame } from './frames.js'

/** At most this often: a crowd of messages is one change of a number. */
const MERGE_MS = 500
/** What was committed before a number was read may be announced so much later. */
const LAG_MS = 3000
/** Numbers in doubt are read again after so many times what their reading took, and at the latest after so long. */
const REST = 20
const LONGEST_REST_MS = 10_000

interface Tally {
  /** Undefined until it has been read. */
  count?: number
  told?: number
  /** When it was last asked for, and how many have come since. */
  readAt: number
  meanwhile: number
  isInDoubt: boolean
}

/**
 * Tells admins how many of their notifications are unread. A number is read once and then counted up with each message;
 * when the admin reads, it is read again. What is announced while it is being read, or soon after, may be in it or not: then
 * it is in doubt, and is read again, but not so often that admins to whom messages pour in would keep the database counting.
 */
export function createUnread(
  db: Database,
  send: (adminId: number, frame: string) => void,
  onError: (error: unknown) => void,
) {
  const tallies = new Map<number, Tally>()
  let doubtsDueAt = 0
  let timer: NodeJS.Timeout | undefined

  function begin(adminId: number): Tally {
    const tally = { readAt: 0, meanwhile: 0, isInDoubt: false }
    tallies.set(adminId, tally)
    return tally
  }

  async function readCounts(): Promise<void> {
    const areDoubtsDue = Date.now() >= doubtsDueAt
    const due = [...tallies].filter(([, { count, isInDoubt }]) => count === undefined || (isInDoubt && areDoubtsDue))
    if (due.length === 0) return
    const startedAt = Date.now()
    for (const [, tally] of due) Object.assign(tally, { readAt: startedAt, meanwhile: 0 })
    const counts = await countUnread(
      db,
      due.map(([adminId]) => adminId),
    )
    for (const [adminId, tally] of due) {
      tally.count = (counts.get(adminId) ?? 0) + tally.meanwhile
      tally.isInDoubt = tally.meanwhile > 0
    }
    // Those who have just read do not put off the others.
    if (areDoubtsDue) doubtsDueAt = Date.now() + Math.min(REST * (Date.now() - startedAt), LONGEST_REST_MS)
  }

  function tell(): void {
    for (const [adminId, tally] of tallies) {
      const { count, told } = tally
      if (count === undefined || count === told) continue
      tally.told = count
      send(adminId, frame('new_notification', { count }))
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      readCounts()
        .catch(onError)
        .finally(() => {
          tell()
          timer = undefined
          if ([...tallies.values()].some(({ count, isInDoubt }) => count === undefined || isInDoubt)) schedule()
        })
    }, MERGE_MS)
  }

  return {
    /** A notification has come for an admin. */
    add(adminId: number): void {
      const tally = tallies.get(adminId) ?? begin(adminId)
      tally.meanwhile++
      if (Date.now() - tally.readAt < LAG_MS) tally.isInDoubt = true
      if (tally.count !== undefined) tally.count++
      schedule()
    },
    /** An admin has read some: what is being read now is no longer true. */
    recount(adminId: number): void {
      begin(adminId)
      schedule()
    },
    forget: (adminId: number) => tallies.delete(adminId),
    close(): void {
      clearTimeout(timer)
      tallies.clear()
    },
  }
}
