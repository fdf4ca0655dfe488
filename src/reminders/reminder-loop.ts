import type { MessageEvent } from '../events/events.js'
import { restAfter, startConsumerLoop } from '../event-log/consumer-loop.js'
import { createSweeper } from '../event-log/sweeper.js'
import { walkPieces } from '../event-log/walk-pieces.js'
import { claimReminders } from './claim-reminders.js'
import { cleanReminders } from './clean-reminders.js'
import { handleReminder, type ReminderOptions } from './handle-reminder.js'
import { startMailLoop } from './mail-loop.js'
import { beginReminders, markSessions, sweepSessions } from './mark-unread.js'

/** Announces and mails messages that stores leave unread. All nodes run this loop and share the work. */
export interface ReminderLoop {
  /** Tells the loop of a committed message. */
  note(message: MessageEvent): void
  close(): Promise<void>
}

const INTERVAL_MS = 2000
const COLLECT_MS = 200
const SWEEP_INTERVAL_MS = 5000
const CLEANUP_INTERVAL_MS = 60_000
const REMINDERS_PER_TURN = 10
/** Messages that were sent while no node ran reminders for longer than this are not announced afterwards. */
const MAX_ABSENCE_MS = 24 * 3_600_000
const MAX_NOTED_SESSIONS = 50_000

/**
 * Starts the loop. While no mail is sent and no webhook wants the event, it only runs one small read every few seconds.
 */
export function startReminders(options: ReminderOptions, longestStatementMs: number): ReminderLoop {
  const { db, afterMs, sendMail, onError, onMailError, onSlowSweep } = options
  const runSweep = createSweeper(db, { longestStatementMs, onSlowSweep })
  const cleanPiece = walkPieces(0, (after) => cleanReminders(db, after))
  let noted = new Map<number, number>()
  let isWanted = false
  let markAt = 0
  let sweepAt = 0
  let cleanAt = performance.now() + CLEANUP_INTERVAL_MS
  const mails = sendMail && startMailLoop({ db, afterMs, sendMail, onError, onMailError })
  const loop = startConsumerLoop({ name: 'reminders', intervalMs: INTERVAL_MS, turn, onError })

  async function turn(): Promise<void> {
    if (!(await checkWanted())) {
      noted.clear()
      return
    }
    if (noted.size > 0 && performance.now() >= markAt) await markNoted()
    // A step that fails must not prevent the others.
    if (performance.now() >= sweepAt) await sweep().catch(onError)
    if (performance.now() >= cleanAt) await cleanUp().catch(onError)
    const due = await claimReminders(db, 'unread_reminder', REMINDERS_PER_TURN)
    await Promise.all(due.map((reminder) => handleReminder(options, reminder).catch(onError)))
    if (due.length > 0) mails?.wake()
    if (due.length === REMINDERS_PER_TURN) loop.wake(0)
  }

  async function checkWanted(): Promise<boolean> {
    const wasWanted = isWanted
    isWanted = sendMail !== undefined || (await hasSubscriber())
    if (isWanted && !wasWanted) await beginReminders(db, MAX_ABSENCE_MS)
    return isWanted
  }

  async function hasSubscriber(): Promise<boolean> {
    const subscribes = { OR: [{ events: { isEmpty: true } }, { events: { has: 'message.unread' } }] }
    return (
      (await db.prisma.webhook.findFirst({ where: { deletedAt: null, ...subscribes }, select: { id: true } })) !== null
    )
  }

  async function markNoted(): Promise<void> {
    const messages = noted
    noted = new Map()
    const startedAt = performance.now()
    await markSessions(db, messages, afterMs)
    markAt = performance.now() + restAfter(performance.now() - startedAt)
  }

  async function sweep(): Promise<void> {
    const startedAt = performance.now()
    sweepAt = startedAt + SWEEP_INTERVAL_MS
    await runSweep((range) => sweepSessions(db, afterMs, range))
    sweepAt = performance.now() + Math.max(SWEEP_INTERVAL_MS, restAfter(performance.now() - startedAt))
  }

  async function cleanUp(): Promise<void> {
    cleanAt = performance.now() + CLEANUP_INTERVAL_MS
    if (await cleanPiece()) cleanAt = performance.now() + INTERVAL_MS
  }

  return {
    note({ senderType, sessionId, messageId }) {
      if (!isWanted || senderType !== 'admin' || noted.size >= MAX_NOTED_SESSIONS) return
      noted.set(sessionId, Math.max(messageId, noted.get(sessionId) ?? 0))
      loop.wake(COLLECT_MS)
    },
    async close() {
      await loop.close()
      await mails?.close()
    },
  }
}
