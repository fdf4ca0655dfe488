import type { Page, WebSocketRoute } from 'playwright-core'
import t from 'tap'
import type { Message, ServerFrames, Session } from '../../../src/client/index.js'
import { scriptMessage, scriptSession } from '../../client/support/scripted-session.js'
import { setBack } from '../../support/chat/set-back.js'
import { until } from '../../../harness/until.js'
import { claim, row, sees, write } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const shown = (page: Page) => page.locator('.entry .text').allTextContents()

t.test('after the database was restored from a backup, both pages show exactly its messages', async (t) => {
  const stage = await setStage(t)
  const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
  const { database } = stage.node
  const [chat, desk] = [await stage.chat(store), await stage.console(admin)]
  await write(chat, 'kept question')
  await claim(desk, 'Tech Store')
  await write(desk, 'kept answer')
  await sees(chat, 'kept answer')
  const [before] = await database.query<{ id: string; seq: string }>('select id, seq from chat_session')
  if (before === undefined) throw new Error('There is no session')
  for (const text of ['lost question', 'lost question too']) await write(chat, text)
  await sees(desk, 'lost question too')
  await write(desk, 'lost answer')
  await sees(chat, 'lost answer')

  await setBack(database, Number(before.id), Number(before.seq))
  await write(chat, 'new question')
  await sees(desk, 'new question')
  await write(desk, 'new answer')
  await sees(chat, 'new answer')

  const texts = ['kept question', 'kept answer', 'new question', 'new answer']
  const rows = await database.query<{ content: string }>('select content from chat_message order by id')
  t.same(
    rows.map(({ content }) => content),
    texts,
  )
  for (const page of [chat, desk]) t.same(await shown(page), texts)
  await row(desk, 'Tech Store').getByText('new answer').waitFor()
  t.equal(await row(desk, 'Tech Store').locator('.badge').count(), 0, 'nothing is unread')
  t.same(stage.complaints(), [])
})

const session = scriptSession(7, { status: 'claimed', admin_id: 2 })
const own = (id: number, more: Partial<Message> = {}) => scriptMessage(7, id, { sender_type: 'store', ...more })

/** A store's page with a scripted socket. Over HTTP it reads the newest messages. */
async function openScriptedChat(t: Parameters<typeof setStage>[0], messages: Message[]) {
  const stage = await setStage(t)
  const { page, complaints } = await stage.visitor(await stage.store())
  const sent: { type: string; payload: Record<string, unknown> }[] = []
  let ready: ServerFrames['ready'] = { session: { ...session, seq: 9 }, resume: true, epoch: 'one' }
  let socket: WebSocketRoute | undefined
  const say = <T extends keyof ServerFrames>(type: T, payload: ServerFrames[T]) =>
    socket?.send(JSON.stringify({ type, payload }))
  await page.routeWebSocket(/\/v1\/chat\/ws\//, (opened) => {
    socket = opened
    opened.onMessage((text) => sent.push(JSON.parse(String(text)) as (typeof sent)[number]))
    say('ready', ready)
  })
  await page.route(/\/v1\/chat\/store\/messages\//, (route) => {
    const sessionId = Number(new URL(route.request().url()).searchParams.get('session_id'))
    const data = messages.filter(({ session_id }) => session_id === sessionId)
    return route.fulfill({ json: { data, has_more: false } })
  })
  await page.route(/\/v1\/chat\/store\/sessions\//, (route) => {
    const last_message = messages.findLast(({ session_id }) => session_id === ready.session?.id) ?? null
    return route.fulfill({ json: { data: [{ ...ready.session, last_message }], next_cursor: null } })
  })
  await page.route(/\/v1\/chat\/message\/read\//, (route) => route.fulfill({ json: { status: 'ok' } }))
  await page.goto(`${stage.node.origin}/chat/`)
  await page.getByLabel('Token').fill('a token')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await sees(page, messages.at(-1)?.content ?? '')
  return {
    page,
    complaints,
    sent,
    say,
    begin: (next: typeof ready) => (ready = next),
    end: () => socket?.close({ code: 1001 }),
  }
}

const reset = (messages: Message[], of: Session = session): ServerFrames['sync'] => ({
  session: of,
  messages,
  seq: 4,
  complete: true,
  reset: true,
})

t.test('a reset removes the lost messages, duplicates none, and accepts reused ids', async (t) => {
  const { page, say, complaints } = await openScriptedChat(t, [own(1), scriptMessage(7, 2), own(3, { status: 'read' })])
  t.same(await shown(page), ['message 1', 'message 2', 'message 3'])
  say('sync', reset([own(1), own(3, { content: 'another 3' })]))
  await sees(page, 'another 3')
  t.same(await shown(page), ['message 1', 'another 3'])
  t.equal(await page.locator('.entry').last().locator('.ticks').getAttribute('title'), 'Sent')
  say('message', { message: own(4), seq: 5 })
  await sees(page, 'message 4')
  t.same(await shown(page), ['message 1', 'another 3', 'message 4'])
  t.same(complaints, [])
})

t.test('when the session of a page is gone, the page shows the current one', async (t) => {
  const { page, sent, say, begin, end, complaints } = await openScriptedChat(t, [own(1), own(2)])
  const older = scriptSession(6)
  begin({ session: { ...older, seq: 4 }, resume: true, epoch: 'two' })
  await end()
  await until(() => sent.filter(({ type }) => type === 'resume').length >= 2, 10_000, 'it asks for both')
  say('sync', reset([scriptMessage(6, 1, { content: 'of the older one' })], older))
  say('error', { code: 'not_found', message: 'Session 7 not found', type: 'resume', session_id: 7 })
  await sees(page, 'of the older one')
  await page.locator('.entry', { hasText: 'message 2' }).waitFor({ state: 'detached' })
  t.same(await shown(page), ['of the older one'])
  await page.getByText('Somebody will be with you soon').waitFor()
  t.same(complaints, [])
})

t.test('a message that exceeds the rate limit is sent later', async (t) => {
  const { page, sent, say, complaints } = await openScriptedChat(t, [own(1)])
  await write(page, 'patience')
  const messages = () => sent.filter(({ type }) => type === 'message')
  await until(() => messages().length === 1, 5000)
  const client_message_id = String(messages()[0]?.payload['client_message_id'])
  say('error', { code: 'too_many', message: 'Too many messages', type: 'message', client_message_id })
  await until(() => messages().length === 2, 10_000, 'it is sent again')
  await page
    .locator('.entry.draft', { hasText: 'patience' })
    .getByText('Waiting to be sent')
    .waitFor({ state: 'attached' })
  t.equal(await page.getByRole('alert').count(), 0)
  say('message', { message: own(2, { content: 'patience', client_message_id }), seq: 10 })
  await sees(page, 'patience')
  t.same(await shown(page), ['message 1', 'patience'])
  t.same(complaints, [])
})
