import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { TestAccount } from '../../support/chat/accounts.js'
import { message, row, sees } from '../support/acts.js'
import { controlFocus, lookAway } from '../support/focus.js'
import { setStage, type Stage } from '../support/stage.js'
import { signIn } from '../support/visitor.js'

/** Two tabs of an account in separate contexts; the first does not have the focus. */
async function openTabs(stage: Stage, path: string, account: TestAccount): Promise<[unseen: Page, seen: Page]> {
  const open = async () => {
    const { page } = await stage.visitor(account)
    await controlFocus(page)
    await page.goto(`${stage.node.origin}${path}`)
    await signIn(page, account.token)
    return page
  }
  const tabs: [Page, Page] = [await open(), await open()]
  for (const tab of tabs) await lookAway(tab, true)
  return tabs
}

const titled = (page: Page, title: string) => page.waitForFunction((expected) => document.title === expected, title)

async function setScene(t: Test) {
  const stage = await setStage(t)
  const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
  const { body } = await stage.post('store/message/', store, { content: 'question' })
  const session_id = body.session.id as number
  await stage.post('admin/session/claim/', admin, { session_id })
  return { stage, store, admin, session_id }
}

t.test('messages that a store reads in one tab become read in the others', async (t) => {
  const { stage, store, admin, session_id } = await setScene(t)
  const tabs = await openTabs(stage, '/chat/', store)
  const [unseen, seen] = tabs
  for (const content of ['one', 'two']) await stage.post('admin/message/', admin, { session_id, content })
  for (const tab of tabs) await titled(tab, '(2) Support chat')
  await lookAway(seen, false)
  for (const tab of tabs) await titled(tab, 'Support chat')
  await stage.post('admin/message/', admin, { session_id, content: 'three' })
  await titled(unseen, 'Support chat')
  await lookAway(seen, true)
  await stage.post('admin/message/', admin, { session_id, content: 'four' })
  await titled(unseen, '(1) Support chat')
  t.same(stage.complaints(), [])
})

t.test('messages that were read elsewhere become read in a tab when it reconnects', async (t) => {
  const { stage, store, admin, session_id } = await setScene(t)
  const { page } = await stage.visitor(store, { losesConnections: true })
  await controlFocus(page)
  await page.goto(`${stage.node.origin}/chat/`)
  await signIn(page, store.token)
  await lookAway(page, true)
  await stage.post('admin/message/', admin, { session_id, content: 'one' })
  await titled(page, '(1) Support chat')
  await page.context().setOffline(true)
  await page.getByRole('status').getByText('Offline').waitFor()
  await stage.post('message/read/', store, { session_id })
  await page.context().setOffline(false)
  await titled(page, 'Support chat')
  t.same(stage.complaints(), [])
})

t.test('reading in one console updates the others: rows, tabs, the bell and the title', async (t) => {
  const { stage, store, admin } = await setScene(t)
  const tabs = await openTabs(stage, '/console/', admin)
  for (const desk of tabs) await desk.getByRole('tab', { name: /^Mine/ }).click()
  await stage.post('store/message/', store, { content: 'again' })
  const [unseen, seen] = tabs
  for (const desk of tabs) await row(desk, 'Tech Store').getByText('2 unread').waitFor({ state: 'attached' })
  await titled(unseen, '(2) Console · store-chat')
  await unseen.getByRole('button', { name: /^Notifications/ }).click()
  await unseen.getByRole('region', { name: 'Notifications' }).getByText('unread').first().waitFor({ state: 'attached' })

  await lookAway(seen, false)
  await row(seen, 'Tech Store').click()
  await sees(seen, 'again')
  await row(unseen, 'Tech Store').locator('.badge').waitFor({ state: 'detached' })
  await unseen.locator('.tabs .badge').waitFor({ state: 'detached' })
  await titled(unseen, 'Console · store-chat')
  await unseen.getByRole('button', { name: 'Notifications, 0 unread' }).waitFor()
  await unseen.locator('.notices .fresh').waitFor({ state: 'detached' })
  t.equal(await message(unseen, 'again').count(), 0, 'nobody has opened it there')
  t.same(stage.complaints(), [])
})
