import t from 'tap'
import { claim, row, sees } from '../support/acts.js'
import { setStage } from '../support/stage.js'

t.test('lists: urgent first, tags and filters, closed ones, and all sessions for a supervisor', async (t) => {
  const stage = await setStage(t)
  const [ada, grace, chief] = [await stage.admin('Ada'), await stage.admin('Grace'), await stage.supervisor('Chief')]
  const names = ['First Shop', 'Second Shop', 'Third Shop']
  const ids: number[] = []
  for (const name of names) {
    const { body } = await stage.post('store/message/', await stage.store({ name }), { content: `from ${name}` })
    ids.push(body.session.id as number)
  }
  const [adas, chiefs] = [await stage.console(ada), await stage.console(chief)]
  const shown = (page: typeof adas) => page.locator('.row .name').allTextContents()
  await row(adas, 'Third Shop').waitFor()
  t.same(await shown(adas), names)
  t.equal(await adas.getByRole('tab', { name: 'All' }).count(), 0, 'an agent has no list of all')

  await row(chiefs, 'Third Shop').click()
  await chiefs.getByLabel('Priority').selectOption('Urgent')
  await chiefs.getByRole('textbox', { name: 'Add a tag' }).or(chiefs.locator('[data-tag]')).first().fill('Refund')
  await chiefs.keyboard.press('Enter')
  await row(adas, 'Third Shop').locator('.priority.urgent').waitFor()
  await row(adas, 'Third Shop').getByText('refund').waitFor()
  t.same(await shown(adas), ['Third Shop', 'First Shop', 'Second Shop'], 'urgent first')

  await adas.getByRole('button', { name: 'Filter' }).click()
  await adas.locator('.filters input').first().fill('refund')
  await adas.keyboard.press('Tab')
  await row(adas, 'First Shop').waitFor({ state: 'detached' })
  await row(adas, 'Third Shop').waitFor()
  t.same(await shown(adas), ['Third Shop'])
  await adas.getByRole('tab', { name: 'Waiting 3' }).waitFor()
  await adas.reload()
  await row(adas, 'Third Shop').waitFor()
  t.same(await shown(adas), ['Third Shop'], 'the filter is remembered')
  await adas.getByRole('button', { name: 'Show all' }).click()
  await row(adas, 'First Shop').waitFor()

  await claim(adas, 'First Shop')
  await chiefs.getByRole('tab', { name: 'All' }).click()
  await row(chiefs, 'First Shop').getByText('held · Ada').waitFor()
  t.same(await shown(chiefs), ['Third Shop', 'Second Shop', 'First Shop'], 'newest first')
  await chiefs.getByRole('button', { name: 'Filter' }).click()
  await chiefs.getByLabel('Held by').selectOption('Ada')
  await row(chiefs, 'Second Shop').waitFor({ state: 'detached' })
  await row(chiefs, 'First Shop').waitFor()
  t.same(await shown(chiefs), ['First Shop'])
  await chiefs.getByLabel('Store', { exact: true }).fill('Second Shop')
  await chiefs.keyboard.press('Tab')
  await row(chiefs, 'First Shop').waitFor({ state: 'detached' })
  await chiefs.getByText('No session matches the filter').waitFor()
  await chiefs.getByLabel('Store', { exact: true }).fill('')
  await chiefs.keyboard.press('Tab')
  await row(chiefs, 'First Shop').click()
  await sees(chiefs, 'from First Shop')
  await chiefs.getByText(`Ada (admin ${ada.id}) has this conversation now.`).waitFor()
  await chiefs.getByRole('button', { name: 'Take over' }).click()
  await chiefs.getByRole('textbox', { name: 'Write an answer' }).waitFor()
  await adas.getByText(`Chief (admin ${chief.id}) has this conversation now.`).waitFor()
  await chiefs.getByRole('button', { name: 'Release' }).click()
  await chiefs.getByRole('button', { name: 'Show all' }).click()
  await row(chiefs, 'First Shop').getByText('waiting', { exact: true }).waitFor()

  await claim(adas, 'First Shop')
  await adas.getByRole('button', { name: 'Close', exact: true }).click()
  await adas.getByRole('button', { name: 'Close conversation' }).click()
  await adas.getByRole('tab', { name: 'Closed' }).click()
  await row(adas, 'First Shop').waitFor()
  t.same(await shown(adas), ['First Shop'])
  const graces = await stage.console(grace)
  await graces.getByRole('tab', { name: 'Closed' }).click()
  await graces.getByText('Nothing here yet').waitFor()

  await adas.getByRole('tab', { name: /^Waiting/ }).click()
  await adas.getByRole('button', { name: 'Select', exact: true }).click()
  await adas.getByRole('button', { name: 'Select all' }).click()
  await adas.getByText('2 selected').waitFor()
  await adas.locator('.bulk .tag-form input').fill('bulk')
  await adas.keyboard.press('Enter')
  await row(graces, 'x').waitFor({ state: 'detached' })
  await graces.getByRole('tab', { name: /^Waiting/ }).click()
  for (const name of ['Second Shop', 'Third Shop']) await row(graces, name).getByText('bulk').waitFor()
  await adas.keyboard.press('Escape')
  await row(adas, 'Second Shop').focus()
  await adas.keyboard.press('s')
  await adas.keyboard.press('s')
  await adas.getByText('0 selected').waitFor()
  await adas.keyboard.press('s')
  await adas.getByText('1 selected').waitFor()
  await adas.getByRole('button', { name: 'Claim these' }).click()
  await row(graces, 'Second Shop').waitFor({ state: 'detached' })
  await adas.getByRole('tab', { name: /^Mine/ }).click()
  await row(adas, 'Second Shop').waitFor()
  t.same(stage.complaints(), [])
})

t.test('a supervisor sees what is written in a session that another admin holds', async (t) => {
  const stage = await setStage(t)
  const [ada, chief] = [await stage.admin('Ada'), await stage.supervisor('Chief')]
  const store = await stage.store({ name: 'Tech Store' })
  const { body } = await stage.post('store/message/', store, { content: 'first' })
  const session_id = body.session.id
  await stage.post('admin/session/claim/', ada, { session_id })
  const desk = await stage.console(chief)
  await desk.getByRole('tab', { name: 'All' }).click()
  await row(desk, 'Tech Store').click()
  await sees(desk, 'first')

  await stage.post('admin/message/', ada, { session_id, content: 'second' })
  await sees(desk, 'second')
  await row(desk, 'Tech Store').getByText('second').waitFor()
  await stage.post('store/message/', store, { content: 'third' })
  // Returning to the window does not wait for the next interval.
  await desk.evaluate(() => window.dispatchEvent(new Event('focus')))
  await sees(desk, 'third')
  await row(desk, 'Tech Store').getByText('third').waitFor()
  t.same(stage.complaints(), [])
})

t.test('all sessions of a list can be selected, also those that were not scrolled to', async (t) => {
  const stage = await setStage(t)
  await stage.node.database.query(
    `with shop as (insert into store (id, name) select 1000 + n, 'Shop ' || n from generate_series(1, 250) n returning id)
     insert into chat_session (store_id, seq) select id, 1 from shop order by id`,
  )
  const desk = await stage.console(await stage.admin())
  await desk.getByRole('tab', { name: 'Waiting 250' }).waitFor()
  await desk.getByRole('button', { name: 'Select', exact: true }).click()
  await desk.getByRole('button', { name: 'Select all' }).click()
  await desk.getByText('250 selected').waitFor()
  t.same(stage.complaints(), [])
})
