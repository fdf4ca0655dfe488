import type { Reminder } from './claim-reminders.js'

/** Minimum interval between two mails of a session. */
export const MAIL_INTERVAL_MS = 15 * 60_000

/** The next steps for a session whose messages may be unread. */
export interface ReminderPlan {
  /** Whether to announce the unread run, which was not announced yet. */
  announces: boolean
  /** Milliseconds until the mail with all messages that no mail contains yet; null for no mail. */
  mailInMs: number | null
  /** Milliseconds until the next check; null when only a new message makes one necessary. */
  nextCheckMs: number | null
}

/** Decides by the store's read watermark and by earlier announcements and mails. */
export function planReminder(reminder: Reminder, afterMs: number, isMailOn: boolean): ReminderPlan {
  const { now, since, unmailedSince, mailedAt, announcedRun, readUpTo } = reminder
  if (since === null) return { announces: false, mailInMs: null, nextCheckMs: null }
  if (since + afterMs > now) return { announces: false, mailInMs: null, nextCheckMs: since + afterMs - now }
  const announces = announcedRun !== readUpTo
  if (!isMailOn || unmailedSince === null) return { announces, mailInMs: null, nextCheckMs: null }
  const mailFrom = Math.max(unmailedSince + afterMs, mailedAt === null ? 0 : mailedAt + MAIL_INTERVAL_MS)
  return { announces, mailInMs: Math.max(mailFrom - now, 0), nextCheckMs: null }
}
