import t from 'tap'
import { claimReminders, type Reminder } from '../../src/reminders/claim-reminders.js'
import { beginMail, dropMail, finishMail, postponeFailedMail } from '../../src/reminders/save-mail.js'
import { saveCheck } from '../../src/reminders/save-reminder.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'

// Without a webhook and without mail the node leaves reminders alone.
const node = await startNode(t)
const { database } = node
const { db } = node.app
const chat = createChatClient(node)
const AFTER_MS = 600_000

async function openReminder(t: { teardown(act: () => unknown): void }) {
  const { admin, sessionId } = await claimConversation(chat)
  const send = (content: string) => chat.post('admin/message/', admin, { session_id: sessionId, content })
  await send('first')
  await database.query('insert into unread_reminder (session_id, due_at) values ($1, now())', [sessionId])
  t.teardown(() => database.query('delete from unread_reminder'))
  t.teardown(() => database.query('delete from unread_mail'))
  return { sessionId, send }
}
const claimCheck = async () => first(await claimReminders(db, 'unread_reminder', 10))
const claimMail = async () => first(await claimReminders(db, 'unread_mail', 10))
function first([reminder]: Reminder[]): Reminder {
  if (reminder === undefined) throw new Error('Nothing is due')
  return reminder
}
const nothingDue = { mailInMs: null, nextCheckMs: null, afterMs: AFTER_MS }
const mailDue = async () =>
  (await database.query<{ isDue: boolean }>('select due_at <= now() as "isDue" from unread_mail'))[0]?.isDue
const readReminder = async () =>
  (
    await database.query<{ inMs: number | null; mailedUpTo: string; wasMailed: boolean; attempts: number }>(
      `select (date_part('epoch', due_at - now()) * 1000)::int as "inMs", mailed_up_to as "mailedUpTo",
         mailed_at is not null as "wasMailed", attempts from unread_reminder`,
    )
  )[0]

t.test('a message that is committed during a check is checked in its time', async (t) => {
  const { send } = await openReminder(t)
  const reminder = await claimCheck()
  await send('second')
  await saveCheck(db, reminder, nothingDue)
  const inMs = (await readReminder())?.inMs ?? 0
  t.ok(inMs > AFTER_MS - 60_000 && inMs <= AFTER_MS, `in ${inMs} ms`)
})

t.test('without one, the next check waits for a message', async (t) => {
  await openReminder(t)
  await saveCheck(db, await claimCheck(), nothingDue)
  t.equal((await readReminder())?.inMs, null)
})

t.test('a mail that is planned already keeps its time', async (t) => {
  await openReminder(t)
  const reminder = await claimCheck()
  await saveCheck(db, reminder, { ...nothingDue, mailInMs: 900_000 })
  await database.query('update unread_reminder set due_at = now()')
  await saveCheck(db, await claimCheck(), { ...nothingDue, mailInMs: 0 })
  t.equal(await mailDue(), false)
})

t.test('a message that is committed during a mail is checked after it', async (t) => {
  const { send } = await openReminder(t)
  await saveCheck(db, await claimCheck(), { ...nothingDue, mailInMs: 0 })
  const mail = await claimMail()
  t.ok(await beginMail(db, mail))
  await send('second')
  await database.query('update unread_reminder set due_at = now()')
  await saveCheck(db, await claimCheck(), { ...nothingDue, mailInMs: 900_000 })
  t.equal((await readReminder())?.inMs, null, 'the check found the mail under way')
  await finishMail(db, mail, 'sent')
  t.match(await readReminder(), { mailedUpTo: String(mail.lastId), wasMailed: true })
  t.equal((await claimCheck()).count, 2)
})

t.test('one node sends a mail, whoever else has claimed it', async (t) => {
  await openReminder(t)
  await saveCheck(db, await claimCheck(), { ...nothingDue, mailInMs: 0 })
  const lost = await claimMail()
  await database.query('update unread_mail set due_at = now()')
  const mail = await claimMail()
  t.notOk(await beginMail(db, lost))
  t.ok(await beginMail(db, mail))
  t.notOk(await beginMail(db, mail), 'nor twice')
  await finishMail(db, lost, 'sent')
  t.match(await readReminder(), { mailedUpTo: '0' }, 'who has lost it ends nothing')
  await postponeFailedMail(db, mail, 60_000)
  t.equal(await mailDue(), false)
  t.match(await readReminder(), { attempts: 1, wasMailed: false })
})

t.test('a mail that has nothing to say is dropped, and the session is checked again', async (t) => {
  await openReminder(t)
  await saveCheck(db, await claimCheck(), { ...nothingDue, mailInMs: 0 })
  await dropMail(db, await claimMail())
  t.equal(await mailDue(), undefined)
  await claimCheck()
})
