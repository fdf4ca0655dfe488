import t from 'tap'
import { claim, holdRequests, message, row, sees, write } from '../support/acts.js'
import { setStage } from '../support/stage.js'

t.test('notes are visible to admins only, and are never sent to the store', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store({ name: 'Tech Store' })
  const [ada, grace] = [await stage.admin('Ada'), await stage.admin('Grace')]
  const chat = await stage.chat(store)
  await write(chat, 'question')
  const [adas, graces] = [await stage.console(ada), await stage.console(grace)]
  for (const desk of [adas, graces]) {
    await row(desk, 'Tech Store').click()
    await sees(desk, 'question')
  }
  const note = adas.getByRole('textbox', { name: 'A note that only admins see' })
  await adas.getByRole('button', { name: 'Internal note' }).click()
  await note.fill('has called twice')
  await adas.keyboard.press('Enter')
  for (const desk of [adas, graces]) await desk.getByRole('article').getByText('has called twice').waitFor()
  await graces.getByText('by Ada').waitFor()
  t.equal(await graces.getByRole('button', { name: 'Delete note' }).count(), 0, 'the note of somebody else')

  await adas.getByRole('button', { name: 'To the store' }).click()
  await claim(adas, 'Tech Store')
  await write(adas, 'answer')
  await sees(chat, 'answer')
  await adas.keyboard.press('Escape')
  await adas.keyboard.press('i')
  await note.fill('half a note')
  await adas.getByRole('button', { name: 'To the store' }).click()
  t.equal(await adas.locator('[data-composer]').inputValue(), '', 'what is a note stays one')
  await adas.reload()
  await adas.getByRole('tab', { name: /^Mine/ }).click()
  await row(adas, 'Tech Store').click()
  await sees(adas, 'answer')
  await adas.getByRole('textbox', { name: 'Write an answer' }).waitFor()
  t.equal(await note.count(), 0, 'every conversation begins with what is for the store')
  await adas.getByRole('button', { name: 'Internal note' }).click()
  t.equal(await note.inputValue(), 'half a note')

  const order = await adas.locator('.messages > li').allTextContents()
  t.match(order[1], /has called twice/, 'the note is between the question and the answer')
  await adas.getByRole('button', { name: 'Delete note' }).click()
  await adas.getByRole('article').waitFor({ state: 'detached' })
  t.same(await chat.locator('.entry .text').allTextContents(), ['question', 'answer'])
  t.notMatch(await chat.content(), 'called')
  t.same(
    stage.complaints().filter((complaint) => !/status of 40[34]/.test(complaint)),
    [],
  )
})

t.test('a session is transferred by name, with the reason as a note, and the colleague is notified', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store({ name: 'Tech Store', email: 'desk@tech.example' })
  const [ada, grace] = [await stage.admin('Ada'), await stage.admin('Grace Hopper')]
  await stage.post('store/message/', store, { content: 'question' })
  const [adas, graces] = [await stage.console(ada), await stage.console(grace)]
  await claim(adas, 'Tech Store')
  await adas.getByRole('button', { name: 'Transfer' }).click()
  const dialog = adas.getByRole('dialog', { name: /^Transfer conversation/ })
  await dialog.getByRole('radio', { name: /Grace Hopper.*online, holds 0/ }).waitFor()
  t.ok(await dialog.getByRole('button', { name: 'Transfer' }).isDisabled(), 'nobody is chosen yet')
  await dialog.getByLabel('Name or number').fill('grace')
  await dialog.getByLabel('Reason').fill('speaks Danish')
  // Selects the text with the mouse, and releases the button outside of the dialog.
  await dialog.getByLabel('Reason').hover()
  await adas.mouse.down()
  await adas.mouse.move(5, 5)
  await adas.mouse.up()
  t.ok(await dialog.isVisible(), 'only a press that begins outside closes a dialog')
  t.equal(await dialog.getByLabel('Reason').inputValue(), 'speaks Danish')
  await adas.mouse.click(5, 5)
  await dialog.waitFor({ state: 'hidden' })
  await adas.getByRole('button', { name: 'Transfer' }).click()
  await dialog.getByLabel('Name or number').fill('grace')
  await dialog.getByLabel('Reason').fill('speaks Danish')
  await dialog.getByRole('button', { name: 'Transfer' }).click()
  await adas.getByText(`Grace Hopper (admin ${grace.id}) has this conversation now.`).waitFor()

  await graces.getByRole('alert').getByText('Tech Store was handed over to you').waitFor()
  await graces.getByRole('button', { name: 'Open', exact: true }).click()
  await graces.getByRole('article').getByText('speaks Danish').waitFor()
  await graces.getByRole('textbox', { name: 'Write an answer' }).waitFor()
  await graces.getByRole('complementary').getByText('desk@tech.example').waitFor()
  t.same(
    stage.complaints().filter((complaint) => !/status of 40[34]/.test(complaint)),
    [],
  )
})

t.test('canned replies are found by their shortcut, filled in as text, and edited', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store({ name: '<b>Tech</b> & Co' })
  const [ada, chief] = [await stage.admin('Ada'), await stage.supervisor('Chief')]
  await stage.post('store/message/', store, { content: 'question' })
  await stage.post('admin/canned/', chief, { shortcut: 'hello', content: 'Hello {{store.name}}', shared: true })
  const desk = await stage.console(ada)
  await claim(desk, 'Tech')
  const field = desk.getByRole('textbox', { name: 'Write an answer' })
  await field.pressSequentially('/')
  await desk.locator('.canned').getByRole('option', { name: /hello/ }).waitFor()
  await desk.getByRole('button', { name: 'Edit canned replies' }).click()
  const dialog = desk.getByRole('dialog', { name: 'Canned replies' })
  await dialog.getByText('for all').waitFor()
  t.equal(await dialog.getByRole('button', { name: /^Edit/ }).count(), 0, 'an agent does not edit what is shared')
  await dialog.getByRole('button', { name: 'New reply' }).click()
  await dialog.getByLabel('Shortcut').fill('refund')
  await dialog.getByLabel('Text').fill('Your refund is on its way. {{admin.name}}')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('button', { name: 'Edit /refund' }).waitFor()
  await dialog.getByRole('button', { name: 'Done' }).click()

  await field.fill('Good news! ')
  await field.pressSequentially('/ref')
  await desk
    .locator('.canned')
    .getByRole('option', { name: /refund/ })
    .waitFor()
  t.equal(await desk.locator('.canned').getByRole('option').count(), 1)
  await desk.keyboard.press('Enter')
  await desk.waitForFunction(
    () => document.querySelector('textarea')?.value === 'Good news! Your refund is on its way. Ada',
  )

  const insert = await holdRequests(desk, '**/use/**')
  await field.fill('/ref')
  await desk.locator('.canned').getByRole('option').first().waitFor()
  await desk.keyboard.press('Enter')
  await desk.locator('.canned').waitFor({ state: 'detached' })
  await desk.keyboard.press('Enter')
  insert()
  await desk.waitForFunction(() => document.querySelector('textarea')?.value === 'Your refund is on its way. Ada')
  t.equal(await message(desk, '/ref').count(), 0, 'a shortcut is not sent while its reply is fetched')
  await field.fill('')
  await field.pressSequentially('/')
  await desk
    .locator('.canned')
    .getByRole('option')
    .first()
    .and(desk.locator('.canned').getByRole('option', { name: /refund/ }))
    .waitFor()
  await desk.keyboard.press('ArrowDown')
  await desk.locator('[role=option][aria-selected=true]').getByText('/hello').waitFor()
  await desk.keyboard.press('Enter')
  await desk.waitForFunction(() => document.querySelector('textarea')?.value === 'Hello <b>Tech</b> & Co')
  await desk.keyboard.press('Enter')
  await message(desk, 'Hello <b>Tech</b> & Co').waitFor()
  await field.pressSequentially('/x')
  await desk.keyboard.press('Escape')
  t.equal(await desk.locator('.canned').count(), 0)
  t.equal(await field.inputValue(), '/x')
  t.same(stage.complaints(), [])
})

t.test('a text that canned replies have made too long is not sent', async (t) => {
  const stage = await setStage(t)
  const [store, ada] = [await stage.store({ name: 'Tech Store' }), await stage.admin('Ada')]
  await stage.post('store/message/', store, { content: 'question' })
  await stage.post('admin/canned/', ada, { shortcut: 'terms', content: 'x'.repeat(6000) })
  const desk = await stage.console(ada)
  await claim(desk, 'Tech Store')
  const field = desk.getByRole('textbox', { name: 'Write an answer' })
  for (const length of [6000, 12_001]) {
    await field.pressSequentially(length === 6000 ? '/terms' : ' /terms')
    await desk.locator('.canned').getByRole('option').waitFor()
    await desk.keyboard.press('Enter')
    await desk.waitForFunction((length) => document.querySelector('textarea')?.value.length === length, length)
  }
  await desk.getByText('-2,001 left').waitFor()
  t.ok(await desk.getByRole('button', { name: 'Send' }).isDisabled())
  await desk.keyboard.press('Enter')
  t.equal((await field.inputValue()).length, 12_001, 'it stays in the field')
  await field.fill('shorter')
  await desk.keyboard.press('Enter')
  await sees(desk, 'shorter')
  t.equal(await desk.getByText('Not sent: ').count(), 0)
  t.same(stage.complaints(), [])
})
