import type { Database } from '../database/database.js'
import type { Reminder } from './claim-reminders.js'
import { planReminder } from './plan-reminder.js'
import { announceUnread, saveLook } from './save-reminder.js'

/**
 * Sends the mail about a session's unread messages. Rejects when the mail server could not take it, or when the signal
 * aborts.
 */
export type SendReminderMail = (reminder: Reminder, signal: AbortSignal) => Promise<'sent' | 'refused'>

export interface Reminding {
  db: Database
  /** How long a message stays unread before that is told. */
  afterMs: number
  /** Undefined where no mail is sent. */
  sendMail: SendReminderMail | undefined
  onError: (error: unknown) => void
  /** A mail could not be sent. It is sent again. */
  onMailError: (error: unknown) => void
  /** A sweep has taken too long. The next one reads so many events of a table. */
  onSlowSweep: (mostEvents: number) => void
}

/** Looks at what a store has left unread: tells the webhooks once for each unread run, and plans the mail to the store. */
export async function handleReminder(
  { db, afterMs, sendMail }: Pick<Reminding, 'db' | 'afterMs' | 'sendMail'>,
  reminder: Reminder,
): Promise<void> {
  const plan = planReminder(reminder, afterMs, sendMail !== undefined)
  if (plan.announces) await announceUnread(db, reminder)
  await saveLook(db, reminder, { ...plan, afterMs })
}
