import type { Page } from 'playwright-core'
import t from 'tap'
import type { TestAccount } from '../../support/chat/accounts.js'
import { message, row, sees } from '../support/acts.js'
import { startShop } from '../support/shop.js'
import { setStage, type Stage } from '../support/stage.js'

/** A session that an admin has answered and closed. Returns its id. */
async function holdConversation(
  { post }: Stage,
  { store, admin }: { store: TestAccount; admin: TestAccount },
  [question, answer]: [string, string],
): Promise<number> {
  const { body } = await post('store/message/', store, { content: question })
  const session_id = body.session.id as number
  await post('admin/session/claim/', admin, { session_id })
  await post('admin/message/', admin, { session_id, content: answer })
  await post('admin/close/', admin, { session_id })
  return session_id
}

const shown = (page: Page) => page.locator('.entry .text').allTextContents()
const earlier = (page: Page) => page.getByRole('button', { name: 'Earlier messages' })
const begins = (page: Page, text: string) => message(page, text).getByText('New conversation').waitFor()

t.test(
  'a session that was answered and closed while the store was offline is shown, and counts as unread until read',
  async (t) => {
    const stage = await setStage(t)
    const who = { store: await stage.store({ name: 'Tech Store' }), admin: await stage.admin() }
    const old = await holdConversation(stage, who, ['old question', 'old answer'])
    await stage.post('message/read/', who.store, { session_id: old })
    await holdConversation(stage, who, ['question', 'the answer'])

    const { page: shop } = await stage.visitor(who.store)
    await shop.goto(await startShop(t, stage.node.origin, who.store.token))
    await shop.getByRole('button', { name: 'Open the support chat, 1 unread' }).waitFor()
    await shop.getByRole('status').getByText('Open the support chat, 1 unread').waitFor({ state: 'attached' })

    const chat = await stage.chat(who.store)
    await sees(chat, 'the answer')
    await chat.getByText('This conversation has ended. Your next message begins a new one.').waitFor()
    t.same(await shown(chat), ['question', 'the answer'])
    await shop.getByRole('button', { name: 'Open the support chat', exact: true }).waitFor()
    const { body } = await stage.get('store/sessions/', who.store)
    t.same([body.data.length, body.data[0].last_message.status], [2, 'read'], 'and looking has begun no session')

    await earlier(chat).click()
    await sees(chat, 'old answer')
    t.same(await shown(chat), ['old question', 'old answer', 'question', 'the answer'])
    await begins(chat, 'question')
    await earlier(chat).waitFor({ state: 'detached' })
    await chat.reload()
    await sees(chat, 'the answer')

    await stage.post('store/message/', who.store, { content: 'one more' })
    await sees(chat, 'one more')
    await begins(chat, 'one more')
    t.same(stage.complaints(), [])
  },
)

t.test('unread answers in several closed sessions are all shown', async (t) => {
  const stage = await setStage(t)
  const who = { store: await stage.store(), admin: await stage.admin() }
  for (const name of ['one', 'two']) await holdConversation(stage, who, [`question ${name}`, `answer ${name}`])
  await stage.get('store/session/', who.store)
  const chat = await stage.chat(who.store)
  await sees(chat, 'answer one')
  t.same(await shown(chat), ['question one', 'answer one', 'question two', 'answer two'])
  t.same(stage.complaints(), [])
})

t.test("an admin scrolls back to a store's earlier sessions, but only to those that it may read", async (t) => {
  const stage = await setStage(t)
  const who = { store: await stage.store({ name: 'Tech Store' }), admin: await stage.admin() }
  const other = await stage.admin()
  await holdConversation(stage, who, ['own question', 'own answer'])
  await holdConversation(stage, { ...who, admin: other }, ['their question', 'their answer'])
  await stage.post('store/message/', who.store, { content: 'nobody took it' })
  await stage.post('store/close/', who.store)
  await stage.post('store/message/', who.store, { content: 'now' })

  const [desk, othersDesk, thirdDesk] = [
    await stage.console(who.admin),
    await stage.console(other),
    await stage.console(await stage.admin()),
  ]
  for (const [page, texts] of [
    [desk, ['own question', 'own answer', 'nobody took it', 'now']],
    [othersDesk, ['their question', 'their answer', 'nobody took it', 'now']],
    [thirdDesk, ['nobody took it', 'now']],
  ] as const) {
    await row(page, 'Tech Store').click()
    await sees(page, 'now')
    t.same(await shown(page), ['now'])
    for (let count = 1; count < texts.length && (await earlier(page).count()) > 0; count++) {
      await earlier(page).click()
      await page.waitForFunction((before) => document.querySelectorAll('.entry').length > before, count)
    }
    await earlier(page).waitFor({ state: 'detached' })
    t.same(await shown(page), texts)
    await begins(page, 'now')
  }
  t.same(stage.complaints(), [])
})
