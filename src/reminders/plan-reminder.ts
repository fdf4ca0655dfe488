import type { Reminder } from './claim-reminders.js'

/** A session's mails are at least this far apart. */
export const MAIL_INTERVAL_MS = 15 * 60_000

/** What is to happen with a session whose messages may be unread. */
export interface ReminderPlan {
  /** The unread run is told of, for the first time. */
  announces: boolean
  /** Milliseconds until a mail is sent with all that is in none yet; null for no mail. */
  mailInMs: number | null
  /** Milliseconds until the next look; null when only a further message makes one necessary. */
  nextLookMs: number | null
}

/** Decides by what the store has read, and by what was told of before. */
export function planReminder(reminder: Reminder, afterMs: number, isMailOn: boolean): ReminderPlan {
  const { now, since, unmailedSince, mailedAt, announcedRun, readUpTo } = reminder
  if (since === null) return { announces: false, mailInMs: null, nextLookMs: null }
  if (since + afterMs > now) return { announces: false, mailInMs: null, nextLookMs: since + afterMs - now }
  const announces = announcedRun !== readUpTo
  if (!isMailOn || unmailedSince === null) return { announces, mailInMs: null, nextLookMs: null }
  const mailFrom = Math.max(unmailedSince + afterMs, mailedAt === null ? 0 : mailedAt + MAIL_INTERVAL_MS)
  return { announces, mailInMs: Math.max(mailFrom - now, 0), nextLookMs: null }
}
