import type { Page } from 'playwright-core'
import t from 'tap'
import { claim, hasTick, message, row, sees, write } from '../support/acts.js'
import { setStage } from '../support/stage.js'

t.test(
  'a store writes, an admin sees it without reloading, claims and answers; receipts change on both sides',
  async (t) => {
    const stage = await setStage(t)
    const store = await stage.store({ name: 'Tech Store' })
    const desk = await stage.console(await stage.admin('Ada'))
    await desk.getByText('Nobody is waiting').waitFor()
    const chat = await stage.chat(store)
    t.same((await stage.get('admin/sessions/open/', await stage.admin())).body.count, 0, 'looking makes no session')

    await write(chat, 'My order has not arrived')
    await row(desk, 'Tech Store').getByText('My order has not arrived').waitFor()
    await hasTick(chat, 'My order has not arrived', 'Delivered')
    await claim(desk, 'Tech Store')
    await sees(desk, 'My order has not arrived')
    await hasTick(chat, 'My order has not arrived', 'Read')

    await desk.getByRole('textbox', { name: 'Write an answer' }).pressSequentially('I look')
    await chat.getByText('Support is typing').waitFor()
    await write(desk, 'I look into it')
    await sees(chat, 'I look into it')
    await hasTick(desk, 'I look into it', 'Read')
    await chat.getByText('Online now').waitFor()
    await desk.locator('.is-online').waitFor()
    await chat.getByRole('textbox', { name: 'Write a message' }).pressSequentially('Than')
    await desk.locator('.typing').getByText('Tech Store is typing').waitFor()
    t.equal(await message(chat, 'I look into it').count(), 1)
    await stage.post('store/message/', store, { attachment_url: 'https://files.example/receipt.jpg' })
    for (const page of [chat, desk]) await page.locator('.attachment').getByText('image', { exact: true }).waitFor()
    const germanChat = await stage.chat(store, { locale: 'de' })
    await germanChat.locator('.attachment').getByText('Bild', { exact: true }).waitFor()
    t.same(stage.complaints(), [])
  },
)

t.test('the error of a failed end disappears with the next message', async (t) => {
  const stage = await setStage(t)
  const chat = await stage.chat(await stage.store(), { losesConnections: true })
  await write(chat, 'question')
  await sees(chat, 'question')
  await chat.route('**/store/close/', (route) => route.fulfill({ status: 409, json: { message: 'Not now' } }))
  await chat.getByRole('button', { name: 'End', exact: true }).click()
  await chat.getByRole('dialog').getByRole('button').last().click()
  await chat.getByRole('alert').getByText('Not now').waitFor()
  await write(chat, 'one more')
  await sees(chat, 'one more')
  t.equal(await chat.getByRole('alert').count(), 0)
  t.same(stage.complaints(), [])
})

t.test('answers of another admin have the name of that admin, not the reader', async (t) => {
  const stage = await setStage(t)
  const [store, ada, grace] = [
    await stage.store({ name: 'Tech Store' }),
    await stage.admin('Ada'),
    await stage.admin('Grace'),
  ]
  const { body } = await stage.post('store/message/', store, { content: 'Hello' })
  const session_id = body.session.id as number
  await stage.post('admin/session/claim/', ada, { session_id })
  await stage.post('admin/message/', ada, { session_id, content: 'I look into it' })
  await stage.post('admin/session/transfer/', ada, { session_id, admin_id: grace.id })
  await stage.post('admin/message/', grace, { session_id, content: 'I have it now' })
  const [holder, supervisor] = [await stage.console(grace), await stage.console(await stage.supervisor())]
  const sender = (page: Page, text: string) => message(page, text).locator('.bubble > span').first()
  for (const [page, tab, name] of [
    [holder, 'own', 'You:'],
    [supervisor, 'all', 'Grace:'],
  ] as const) {
    await page.locator(`#tab-${tab}`).click()
    await row(page, 'Tech Store').click()
    await sender(page, 'I look into it').getByText('Ada:').waitFor({ timeout: 5000 })
    t.ok(((await sender(page, 'I look into it').boundingBox())?.width ?? 0) > 20, 'in sight')
    await sender(page, 'I have it now').getByText(name).waitFor({ state: 'attached', timeout: 5000 })
    t.match(await message(page, 'I look into it').getAttribute('class'), 'own', 'on the side of the admins')
  }
  t.same(stage.complaints(), [])
})
