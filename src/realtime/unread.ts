import type { Database } from '../database/database.js'
import { countUnread } from '../notifications/notifications.js'
import { frame } from './frames.js'

/** At most this often per admin: a crowd of messages is one change of a number. */
const MERGE_MS = 500

/**
 * Tells admins how many of their notifications are unread. The number is read once and then counted up with each message;
 * when an admin reads, it is read again.
 */
export function createUnread(
  db: Database,
  send: (adminId: number, frame: string) => void,
  onError: (error: unknown) => void,
) {
  const counts = new Map<number, number>()
  const changed = new Set<number>()
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    const adminIds = [...changed]
    changed.clear()
    const uncounted = adminIds.filter((adminId) => !counts.has(adminId))
    const read = uncounted.length > 0 ? await countUnread(db, uncounted) : new Map<number, number>()
    for (const adminId of adminIds) {
      const count = counts.get(adminId) ?? read.get(adminId)
      // What came while it was read may be in it or not: then it is read again next time.
      if (count !== undefined && !changed.has(adminId)) counts.set(adminId, count)
      if (count !== undefined) send(adminId, frame('new_notification', { count }))
    }
  }

  function schedule(adminId: number): void {
    changed.add(adminId)
    timer ??= setTimeout(() => {
      timer = undefined
      flush().catch(onError)
    }, MERGE_MS)
  }

  return {
    /** A notification has come for an admin. */
    add(adminId: number): void {
      const count = counts.get(adminId)
      if (count !== undefined) counts.set(adminId, count + 1)
      schedule(adminId)
    },
    /** An admin has read some. */
    recount(adminId: number): void {
      counts.delete(adminId)
      schedule(adminId)
    },
    forget(adminId: number): void {
      counts.delete(adminId)
      changed.delete(adminId)
    },
    close(): void {
      clearTimeout(timer)
      counts.clear()
      changed.clear()
    },
  }
}
