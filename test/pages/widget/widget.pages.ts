import t, { type Test } from 'tap'
import { startProxy } from '../../client/support/proxy.js'
import type { TestAccount } from '../../support/chat/accounts.js'
import { until } from '../../../harness/until.js'
import { chatIn, entryIn, opener, writeIn } from '../support/launcher.js'
import { startShop } from '../support/shop.js'
import { setStage, type Stage } from '../support/stage.js'

async function visitShop(t: Test, stage: Stage, store: TestAccount, chatOrigin: string, options = {}) {
  const { page } = await stage.visitor(store, options)
  await page.goto(await startShop(t, chatOrigin, store.token))
  return { page, chat: chatIn(page) }
}

t.test('one script tag puts the chat into the corner of a shop, and adds nothing else', async (t) => {
  const stage = await setStage(t)
  const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
  const { page, chat } = await visitShop(t, stage, store, stage.node.origin)
  await page.getByRole('button', { name: 'Open the support chat' }).waitFor()
  t.same(
    (await stage.get('admin/sessions/open/', admin)).body.count,
    0,
    'a shop that is only looked at begins no session',
  )
  await opener(page).click()
  await chat.getByText('Connected', { exact: true }).waitFor({ state: 'attached' })
  t.equal(await chat.getByRole('button', { name: 'Sign out' }).count(), 0)
  await writeIn(chat, 'Hello from the shop')
  await entryIn(chat, 'Hello from the shop').waitFor()
  const { body } = await stage.get('admin/sessions/open/', admin)
  await stage.post('admin/session/claim/', admin, { session_id: body.data[0].id })

  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Open the support chat' }).waitFor()
  await stage.post('admin/message/', admin, { session_id: body.data[0].id, content: 'Hello shop' })
  await page.getByRole('button', { name: 'Open the support chat, 1 unread' }).waitFor()
  await page.getByText('1', { exact: true }).waitFor()
  const statusOf = async () =>
    (await stage.get('admin/messages/', admin, { session_id: body.data[0].id })).body.data.at(-1).status
  await until(async () => (await statusOf()) === 'delivered', 10_000, 'what nobody has seen is not read')
  await opener(page).click()
  await entryIn(chat, 'Hello shop').waitFor()
  await page.getByRole('button', { name: 'Close the support chat' }).waitFor()
  await chat.getByRole('button', { name: 'Close the chat' }).click()
  await page.getByRole('button', { name: 'Open the support chat', exact: true }).waitFor()
  await until(async () => (await statusOf()) === 'read', 10_000)

  const names = await page.evaluate(() => {
    const { namesBefore } = window as unknown as { namesBefore: string[] }
    return Object.getOwnPropertyNames(window).filter((name) => !namesBefore.includes(name) && name !== 'namesBefore')
  })
  t.same(
    names.filter((name) => !/^\d+$/.test(name)),
    ['storeChat'],
    'one name is left behind; a frame is counted by its number',
  )
  t.equal(await page.evaluate(() => document.body.children.length), 2)
  for (const frame of page.frames()) t.notMatch(frame.url(), store.token)
  t.same(stage.complaints(), [])
})

t.test('the widget keeps working while it is disconnected, and catches up', async (t) => {
  const stage = await setStage(t)
  const way = await startProxy(t, stage.node)
  const [store, admin] = [await stage.store(), await stage.admin()]
  const { page, chat } = await visitShop(t, stage, store, way.origin, { losesConnections: true })
  await opener(page).click()
  await writeIn(chat, 'before')
  await entryIn(chat, 'before').waitFor()
  const { id } = (await stage.get('store/session/', store)).body
  await stage.post('admin/session/claim/', admin, { session_id: id })
  way.lead(undefined)
  way.cut()
  await chat.getByText('Reconnecting…').waitFor()
  await writeIn(chat, 'meanwhile')
  await stage.post('admin/message/', admin, { session_id: id, content: 'an answer' })
  way.lead(stage.node)
  await entryIn(chat, 'an answer').waitFor()
  await entryIn(chat, 'meanwhile').waitFor()
  t.same((await chat.locator('.entry .text').allTextContents()).sort(), ['an answer', 'before', 'meanwhile'])
  t.same(stage.complaints(), [])
})

t.test('on a phone the open widget covers the whole page', async (t) => {
  const stage = await setStage(t)
  const { page, chat } = await visitShop(t, stage, await stage.store(), stage.node.origin, {
    viewport: { width: 360, height: 640 },
  })
  await opener(page).click()
  await chat.getByText('How can we help?').waitFor()
  const box = await page.locator('iframe').boundingBox()
  t.same(box, { x: 0, y: 0, width: 360, height: 640 })
  t.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)
  t.same(stage.complaints(), [])
})
