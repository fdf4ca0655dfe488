import type { Database } from '../database/database.js'
import type { Reminder } from './claim-reminders.js'
import { planReminder } from './plan-reminder.js'
import { announceUnread, beginMail, saveReminder, type MailOutcome } from './save-reminder.js'

/** Sends the mail about a session's unread messages. Rejects when the mail server could not take it. */
export type SendReminderMail = (reminder: Reminder) => Promise<'sent' | 'refused'>

export interface Reminding {
  db: Database
  /** How long a message stays unread before that is told. */
  afterMs: number
  /** Undefined where no mail is sent. */
  sendMail: SendReminderMail | undefined
  onError: (error: unknown) => void
}

const RETRY_DELAYS_MS = [60_000, 300_000, 1_800_000, 7_200_000]

/** Tells of what a store has left unread: the webhooks once for each unread run, the store by mail. */
export async function handleReminder({ db, afterMs, sendMail, onError }: Reminding, reminder: Reminder): Promise<void> {
  const plan = planReminder(reminder, afterMs, sendMail !== undefined)
  if (plan.announces) await announceUnread(db, reminder)
  if (!plan.mails || sendMail === undefined) {
    return saveReminder(db, reminder, { mail: 'none', nextLookMs: plan.nextLookMs })
  }
  if (!(await beginMail(db, reminder))) return
  const mail = await sendMail(reminder).catch((error: unknown): MailOutcome => {
    onError(error)
    return reminder.attempts < RETRY_DELAYS_MS.length ? 'failed' : 'refused'
  })
  const nextLookMs = mail === 'failed' ? (RETRY_DELAYS_MS[reminder.attempts] ?? null) : plan.nextLookMs
  await saveReminder(db, reminder, { mail, nextLookMs })
}
