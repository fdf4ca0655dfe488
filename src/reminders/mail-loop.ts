import { setTimeout as delay } from 'node:timers/promises'
import { startConsumerLoop } from '../event-log/consumer-loop.js'
import { claimReminders, type Reminder } from './claim-reminders.js'
import type { Reminding, SendReminderMail } from './handle-reminder.js'
import { planReminder } from './plan-reminder.js'
import { beginMail, dropMail, finishMail, postponeFailedMail, postponeMail } from './save-mail.js'

/** Sends the mails that are due, together with the loops of the other nodes. */
export interface MailLoop {
  /** Mails may have become due. */
  wake(): void
  /** Waits a little for the mails under way, and then ends them. */
  close(): Promise<void>
}

export interface MailLoopOptions extends Pick<Reminding, 'db' | 'afterMs' | 'onError' | 'onMailError'> {
  sendMail: SendReminderMail
}

const INTERVAL_MS = 2000
const MAILS_AT_ONCE = 10
/** The process ends 5.5 s after it was asked to. */
const CLOSING_MS = 3000
const RETRY_DELAYS_MS = [60_000, 300_000, 1_800_000, 7_200_000]

/**
 * Each mail has a place and a lease of its own, and no turn waits for one: a mail server that is slow delays only the mails
 * behind the ten that it is at.
 */
export function startMailLoop({ db, afterMs, sendMail, onError, onMailError }: MailLoopOptions): MailLoop {
  const underWay = new Set<Promise<void>>()
  const closing = new AbortController()
  const loop = startConsumerLoop({ intervalMs: INTERVAL_MS, turn, onError })

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
