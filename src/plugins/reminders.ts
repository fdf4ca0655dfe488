import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { isDatabaseAway } from '../database/failures.js'
import { observeEvents } from '../event-log/observe-events.js'
import type { App } from '../http/describe-route.js'
import { createMailCounts, type MailCounts } from '../mail/mail-counts.js'
import type { MailSettings } from '../mail/mail-settings.js'
import { createMailer } from '../mail/mailer.js'
import { sendUnreadMail } from '../mail/unread-mail.js'
import { createUnsubscribing } from '../mail/unsubscribe.js'
import { unsubscribeRoutes } from '../mail/unsubscribe-routes.js'
import type { SendReminderMail } from '../reminders/handle-reminder.js'
import { startReminders } from '../reminders/reminder-loop.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** All zero where no mail is sent. */
    mailCounts: MailCounts
  }
}

/** Registered before whoever publishes: the loop is told of what this node publishes. */
export const remindersPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const { db, log } = app
    const onError = (error: unknown) => {
      if (!isDatabaseAway(error)) log.error({ err: error }, 'reminders')
    }
    app.decorate('mailCounts', createMailCounts())
    const sendMail = config.mail && (await openMail(app, config.mail))
    const onMailError = (error: unknown) => log.warn({ err: error }, 'a mail could not be sent')
    const onSlowSweep = (mostEvents: number) =>
      log.warn({ mostEvents }, 'the sweep for reminders took too long; it reads less now')
    const options = { db, afterMs: config.unreadAfterMs, sendMail, onError, onMailError, onSlowSweep }
    const reminders = startReminders(options, config.databaseStatementTimeoutMs)
    app.pubsub = observeEvents(app.pubsub, (event) => {
      if ('message' in event) reminders.note(event.message)
    })
    app.addHook('onClose', () => reminders.close())
  },
  { name: 'reminders', dependencies: ['database', 'pubsub'] },
)

async function openMail(app: App, settings: MailSettings): Promise<SendReminderMail> {
  const { db, log, mailCounts: counts } = app
  const { publicUrl } = settings
  const mailer = createMailer({ ...settings, counts })
  const unsubscribing = createUnsubscribing(db, publicUrl)
  await app.register(unsubscribeRoutes, { unsubscribing })
  app.addHook('onClose', async () => mailer.close())
  const onUnaddressed = (storeId: number) => {
    counts.unaddressed++
    log.warn({ storeId }, 'a store got no mail: its email is not an e-mail address')
  }
  const deps = { db, mailer, unsubscribing, publicUrl, onUnaddressed }
  return (reminder, signal) => sendUnreadMail(deps, reminder, signal)
}
