import type { Database } from '../database/database.js'
import type { Reminder } from './claim-reminders.js'
import { planReminder } from './plan-reminder.js'
import { announceUnread, saveCheck } from './save-reminder.js'

/**
 * Sends the mail about a session's unread messages. Rejects when the mail can be tried again, or when the signal
 * aborts.
 */
export type SendReminderMail = (reminder: Reminder, signal: AbortSignal) => Promise<'sent' | 'refused'>

export interface ReminderOptions {
  db: Database
  /** How long a message stays unread before it is announced and mailed. */
  afterMs: number
  /** Undefined when no mail is sent. */
  sendMail: SendReminderMail | undefined
  onError: (error: unknown) => void
  /** A mail could not be sent. It is tried again. */
  onMailError: (error: unknown) => void
  /** A sweep took too long. The next one reads at most this many events of each table. */
  onSlowSweep: (mostEvents: number) => void
}

/** Checks the unread messages of a session: announces each unread run once, and plans the mail to the store. */
export async function handleReminder(
  { db, afterMs, sendMail }: Pick<ReminderOptions, 'db' | 'afterMs' | 'sendMail'>,
  reminder: Reminder,
): Promise<void> {
  const plan = planReminder(reminder, afterMs, sendMail !== undefined)
  if (plan.announces) await announceUnread(db, reminder)
  await saveCheck(db, reminder, { ...plan, afterMs })
}
