import { setTimeout as delay } from 'node:timers/promises'
import { startConsumerLoop } from '../event-log/consumer-loop.js'
import { claimReminders, type Reminder } from './claim-reminders.js'
import type { ReminderOptions, SendReminderMail } from './handle-reminder.js'
import { planReminder } from './plan-reminder.js'
import { beginMail, dropMail, finishMail, postponeFailedMail, postponeMail } from './save-mail.js'

/** Sends mails that are due. All nodes run this loop and share the work. */
export interface MailLoop {
  /** Call it when mails may have become due. */
  wake(): void
  /** Waits at most 3 s for mails that are being sent, then aborts them. */
  close(): Promise<void>
}

export interface MailLoopOptions extends Pick<ReminderOptions, 'db' | 'afterMs' | 'onError' | 'onMailError'> {
  sendMail: SendReminderMail
}

const INTERVAL_MS = 2000
const MAILS_AT_ONCE = 10
/** Well below the 5.5 s in which the process shuts down. */
const CLOSING_MS = 3000
const RETRY_DELAYS_MS = [60_000, 300_000, 1_800_000, 7_200_000]

/**
 * Starts the loop. Each mail has a slot and a lease of its own, and no turn waits for a mail. A slow mail server
 * therefore delays only the mails after the ten that are being sent.
 */
export function startMailLoop({ db, afterMs, sendMail, onError, onMailError }: MailLoopOptions): MailLoop {
  const underWay = new Set<Promise<void>>()
  const closing = new AbortController()
  const loop = startConsumerLoop({ name: 'mail', intervalMs: INTERVAL_MS, turn, onError })

  async function turn(): Promise<void> {
    const free = MAILS_AT_ONCE - underWay.size
    if (free === 0) return
    for (const reminder of await claimReminders(db, 'unread_mail', free)) start(reminder)
  }

  function start(reminder: Reminder): void {
    const work = handleMail(reminder)
      .catch(onError)
      .finally(() => {
        underWay.delete(work)
        loop.wake(0)
      })
    underWay.add(work)
  }

  async function handleMail(reminder: Reminder): Promise<void> {
    const { mailInMs } = planReminder(reminder, afterMs, true)
    if (mailInMs === null) return dropMail(db, reminder)
    if (mailInMs > 0) return postponeMail(db, reminder, mailInMs)
    if (!(await beginMail(db, reminder))) return undefined
    const outcome = await sendMail(reminder, closing.signal).catch((error: unknown) => {
      if (!closing.signal.aborted) onMailError(error)
      return 'failed' as const
    })
    const retryMs = RETRY_DELAYS_MS[reminder.attempts]
    if (outcome === 'failed' && retryMs !== undefined) return postponeFailedMail(db, reminder, retryMs)
    return finishMail(db, reminder, outcome === 'sent' ? 'sent' : 'refused')
  }

  return {
    wake: () => loop.wake(0),
    async close() {
      await loop.close()
      await Promise.race([Promise.all(underWay), delay(CLOSING_MS, undefined, { ref: false })])
      closing.abort()
      await Promise.all(underWay)
    },
  }
}
