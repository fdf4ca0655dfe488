import type { Page } from 'playwright-core'
import t from 'tap'
import { startProxy } from '../../client/support/proxy.js'
import { addMessages } from '../../support/chat/sessions.js'
import { fillNow, search } from '../../support/chat/search.js'
import { claim, holdRequests, row, sees, write } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const lines = (count: number) => Array.from({ length: count }, (_, place) => ({ content: `line ${place} is here` }))

const painted = (page: Page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))

const isAtEnd = (page: Page) =>
  page.locator('.log').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2)

/** Scrolls to the middle, and returns how far its first visible message has moved since. */
async function readInTheMiddle(page: Page): Promise<() => Promise<number>> {
  await page.locator('.log').evaluate((box) => box.scrollTo(0, box.scrollHeight / 2))
  await painted(page)
  const id = await page.locator('.log').evaluate((box) => {
    const entries = [...box.querySelectorAll<HTMLElement>('[data-message-id]')]
    const edge = box.getBoundingClientRect().top
    return entries.find((entry) => entry.getBoundingClientRect().top >= edge)?.dataset['messageId'] ?? ''
  })
  const top = () =>
    page.locator(`[data-message-id="${id}"]`).evaluate((entry) => Math.round(entry.getBoundingClientRect().top))
  const before = await top()
  return async () => {
    await painted(page)
    return (await top()) - before
  }
}

const look = (page: Page, isThere: boolean) =>
  page.evaluate((isThere) => {
    document.hasFocus = () => isThere
    window.dispatchEvent(new Event(isThere ? 'focus' : 'blur'))
  }, isThere)

t.test('in the console, only a message that was just written takes a reader to the end', async (t) => {
  const stage = await setStage(t)
  const way = await startProxy(t, stage.node)
  const [store, ada, chief] = [await stage.store({ name: 'Tech Store' }), await stage.admin(), await stage.supervisor()]
  const { body } = await stage.get('store/session/', store)
  const session_id = body.id as number
  await addMessages(stage.node.database, session_id, lines(60))
  const desk = await stage.console(ada, { origin: way.origin, losesConnections: true })
  await claim(desk, 'Tech Store')
  await look(desk, false)
  await stage.post('store/message/', store, { content: 'came meanwhile' })
  await desk.locator('.new-line').waitFor()
  await look(desk, true)
  await write(desk, 'an answer')
  await sees(desk, 'an answer')

  const movedBy = await readInTheMiddle(desk)
  await look(desk, false)
  await desk.locator('.new-line').waitFor({ state: 'detached' })
  t.equal(await movedBy(), 0, 'the line of new messages goes')
  await look(desk, true)
  await stage.post('admin/notes/', chief, { session_id, content: 'of a colleague' })
  await desk.getByRole('article').getByText('of a colleague').waitFor({ state: 'attached' })
  t.equal(await movedBy(), 0, 'a colleague writes a note')

  way.lead(undefined)
  way.cut()
  await desk.getByText('Reconnecting…').waitFor()
  const reloaded = [/\/admin\/session\//, /\/admin\/notes\//].map((path) => desk.waitForResponse(path))
  way.lead(stage.node)
  for (const response of await Promise.all(reloaded)) await response.finished()
  t.equal(await movedBy(), 0, 'the connection comes back')

  await write(desk, 'another answer')
  await sees(desk, 'another answer')
  t.ok(await isAtEnd(desk))
  t.same(stage.complaints(), [])
})

t.test('in the chat, neither a reconnect nor a look at an ended conversation moves a reader', async (t) => {
  const stage = await setStage(t)
  const way = await startProxy(t, stage.node)
  const store = await stage.store()
  const { body } = await stage.get('store/session/', store)
  await addMessages(stage.node.database, body.id as number, lines(60))
  const chat = await stage.chat(store, { origin: way.origin, losesConnections: true })
  await sees(chat, 'line 59')
  const movedBy = await readInTheMiddle(chat)
  const loaded = () => chat.waitForResponse(/\/store\/messages\//)

  way.lead(undefined)
  way.cut()
  await chat.getByText('Reconnecting…').waitFor()
  const reloaded = loaded()
  way.lead(stage.node)
  await (await reloaded).finished()
  t.equal(await movedBy(), 0, 'the connection comes back')

  await stage.post('store/close/', store)
  await chat.getByText('This conversation has ended.').waitFor()
  const movedSince = await readInTheMiddle(chat)
  const again = loaded()
  await look(chat, false)
  await look(chat, true)
  await (await again).finished()
  t.equal(await movedSince(), 0, 'the window gets the focus')

  await write(chat, 'one more thing')
  await sees(chat, 'one more thing')
  t.ok(await isAtEnd(chat))
  t.same(stage.complaints(), [])
})

t.test('notes that arrive after the messages do not scroll a search result away', async (t) => {
  const stage = await setStage(t)
  const [store, ada] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
  const { body } = await stage.post('store/message/', store, { content: 'the needle is here' })
  const session_id = body.session.id as number
  await stage.post('admin/session/claim/', ada, { session_id })
  await stage.post('admin/notes/', ada, { session_id, content: 'a late note' })
  await addMessages(stage.node.database, session_id, lines(60))
  await stage.post('admin/message/', ada, { session_id, content: 'the answer' })
  const desk = await stage.console(ada)
  await fillNow(stage)
  await search(stage, ada, 'needle')
  const letNotesCome = await holdRequests(desk, '**/admin/notes/**')
  await desk.getByRole('tab', { name: /^Mine/ }).click()
  await row(desk, 'Tech Store').waitFor()
  await desk.locator('[data-search]').fill('needle')
  await desk.locator('.hit').click()
  await desk.locator('.entry.marked').getByText('needle').waitFor()
  await painted(desk)
  letNotesCome()
  await desk.getByRole('article').getByText('a late note').waitFor({ state: 'attached' })
  await painted(desk)
  const isInView = await desk.locator('.entry.marked').evaluate((entry) => {
    const [{ top, bottom }, frame] = [entry.getBoundingClientRect(), entry.closest('.log')?.getBoundingClientRect()]
    return frame !== undefined && top >= frame.top && bottom <= frame.bottom
  })
  t.ok(isInView)
  t.equal(await desk.getByRole('button', { name: /New messages/ }).count(), 0, 'nothing is new')
  t.same(stage.complaints(), [])
})
