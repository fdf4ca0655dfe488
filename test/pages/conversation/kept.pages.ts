import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { TestAccount } from '../../support/chat/accounts.js'
import { until } from '../../../harness/until.js'
import { claim, row, sees, write } from '../support/acts.js'
import { choose, namesChosen, textFile } from '../support/files.js'
import { setStage, type Stage } from '../support/stage.js'
import { signIn } from '../support/visitor.js'

const field = (page: Page) => page.getByRole('textbox', { name: /^Write a/ })
const holds = (page: Page, text: string) =>
  page.waitForFunction((expected) => document.querySelector('textarea')?.value === expected, text)
const connected = (page: Page) => page.getByText('Connected', { exact: true }).waitFor()

t.test(
  'an unsent text survives a reload, a crash of the tab, and another sign-in, for the same account only',
  async (t) => {
    const stage = await setStage(t)
    const [store, other] = [await stage.store(), await stage.store()]
    const page = await stage.chat(store)
    await field(page).fill('half a question')
    await page.reload()
    await holds(page, 'half a question')
    await choose(page, textFile('a.csv'))
    await page.locator('[data-announcer]').getByText('a.csv').waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Sign out' }).click()
    const asking = page.getByRole('dialog', { name: 'Sign out' })
    await asking.getByRole('button', { name: 'Cancel' }).click()
    t.same(await namesChosen(page), ['a.csv'], 'a chosen file is not lost without a question')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await asking.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, other.token)
    await holds(page, '')
    t.equal(await page.locator('[data-announcer]').textContent(), '', 'nothing is told of the last account')
    await field(page).fill('of another store')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, store.token)
    await holds(page, 'half a question')

    const next = await page.context().newPage()
    await page.close()
    await next.goto(`${stage.node.origin}/chat/`)
    await signIn(next, store.token)
    await holds(next, 'half a question')
    await field(next).press('Enter')
    await sees(next, 'half a question')
    await next.reload()
    await sees(next, 'half a question')
    await holds(next, '')
    t.same(stage.complaints(), [])
  },
)

t.test('each tab keeps its own unsent text, and a tab that is closed leaves its text to the next', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const first = await stage.chat(store)
  const openTab = async () => {
    const tab = await first.context().newPage()
    await tab.goto(`${stage.node.origin}/chat/`)
    await signIn(tab, store.token)
    return tab
  }
  const second = await openTab()
  await field(second).fill('of the second tab')
  await write(first, 'of the first tab')
  await sees(first, 'of the first tab')
  await second.reload()
  await holds(second, 'of the second tab')
  await field(first).fill('of the first tab again')
  await second.reload()
  await holds(second, 'of the second tab')
  await first.reload()
  await holds(first, 'of the first tab again')

  const looking = await openTab()
  await holds(looking, 'of the first tab again')
  await field(first).press('Enter')
  await sees(looking, 'of the first tab again')
  await second.close()
  await looking.reload()
  await holds(looking, 'of the second tab')
  await field(looking).pressSequentially(', and more')
  await looking.reload()
  await holds(looking, 'of the second tab, and more')
  await field(looking).press('Enter')
  await sees(looking, 'of the second tab, and more')
  const next = await openTab()
  await sees(next, 'of the second tab, and more')
  await holds(next, '')
  t.same(stage.complaints(), [])
})

t.test('each session of an admin keeps its unsent text', async (t) => {
  const stage = await setStage(t)
  const names = ['First Shop', 'Second Shop']
  for (const name of names) await stage.post('store/message/', await stage.store({ name }), { content: 'Hello' })
  const desk = await stage.console(await stage.admin())
  for (const name of names) {
    await claim(desk, name)
    await field(desk).fill(`to ${name}`)
  }
  await desk.reload()
  await desk.getByRole('tab', { name: /^Mine/ }).click()
  for (const name of names) {
    await row(desk, name).click()
    await holds(desk, `to ${name}`)
  }
  t.same(stage.complaints(), [])
})

/** A page whose socket drops the frames that the test names. */
async function openLossy(stage: Stage, path: string, account: TestAccount) {
  const loses = { sent: false, received: false }
  const { page } = await stage.visitor(account)
  await page.routeWebSocket(/\/v1\/chat\/ws\//, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((frame) => {
      if (!loses.sent) server.send(frame)
    })
    server.onMessage((frame) => {
      if (!loses.received) socket.send(frame)
    })
  })
  await page.goto(`${stage.node.origin}${path}`)
  await signIn(page, account.token)
  return { page, loses }
}

const isOnItsWay = (page: Page, text: string) => page.locator('.entry.draft').filter({ hasText: text }).waitFor()
const contentsOf = async ({ node }: Stage) =>
  (await node.database.query<{ content: string }>('select content from chat_message order by id')).map(
    ({ content }) => content,
  )

async function checkOnce(t: Test, stage: Stage, page: Page, contents: string[]): Promise<void> {
  for (const content of contents) await sees(page, content)
  await page.locator('.entry.draft').first().waitFor({ state: 'detached' })
  t.same(await page.locator('.entry .text').allTextContents(), contents)
  t.same(await contentsOf(stage), contents)
}

t.test('unacknowledged messages are sent again after a reload, in order and once', async (t) => {
  const stage = await setStage(t)
  const { page, loses } = await openLossy(stage, '/chat/', await stage.store())
  await write(page, 'before')
  await sees(page, 'before')
  loses.sent = true
  const away = ['first away', 'second away', 'third away']
  for (const text of away) await write(page, text)
  await isOnItsWay(page, 'third away')
  loses.sent = false
  await page.reload()
  await checkOnce(t, stage, page, ['before', ...away])

  loses.received = true
  await write(page, 'stored unseen')
  await until(async () => (await contentsOf(stage)).includes('stored unseen'), 10_000)
  loses.received = false
  await page.reload()
  await checkOnce(t, stage, page, ['before', ...away, 'stored unseen'])
  t.equal(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('waiting')).length), 0)
  t.same(stage.complaints(), [])
})

t.test(
  "an admin's pending messages are sent to sessions that are not open, too; refused ones stay visible",
  async (t) => {
    const stage = await setStage(t)
    const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
    await stage.post('store/message/', store, { content: 'question' })
    const { page, loses } = await openLossy(stage, '/console/', admin)
    await claim(page, 'Tech Store')
    loses.sent = true
    await write(page, 'answer')
    await isOnItsWay(page, 'answer')
    loses.sent = false
    await page.reload()
    await connected(page)
    await until(async () => (await contentsOf(stage)).includes('answer'), 10_000)

    await page.getByRole('tab', { name: /^Mine/ }).click()
    await row(page, 'Tech Store').click()
    await sees(page, 'answer')
    loses.sent = loses.received = true
    await write(page, 'too late')
    await isOnItsWay(page, 'too late')
    await stage.post('store/close/', store)
    loses.sent = loses.received = false
    await page.reload()
    await page.getByRole('alert').getByText('Not sent: ').waitFor()
    t.same(await contentsOf(stage), ['question', 'answer'])
    t.same(stage.complaints(), [])
  },
)

t.test('sending works in a browser without storage', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  await page.addInitScript({
    content: `for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, { get() { throw new DOMException('forbidden', 'SecurityError') } })`,
  })
  await page.goto(`${stage.node.origin}/chat/`)
  await signIn(page, store.token)
  await write(page, 'not kept')
  await sees(page, 'not kept')
  t.same(stage.complaints(), [])
})
