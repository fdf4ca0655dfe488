import t from 'tap'
import { claim } from '../support/acts.js'
import { choose, namesChosen, textFile } from '../support/files.js'
import { setStage } from '../support/stage.js'

t.test('what was not sent before the session was lost can be read and discarded', async (t) => {
  const stage = await setStage(t)
  const [store, ada, grace] = [
    await stage.store({ name: 'Tech Store' }),
    await stage.admin(),
    await stage.admin('Grace'),
  ]
  const { body } = await stage.post('store/message/', store, { content: 'Hello' })
  const session_id = body.session.id as number
  const desk = await stage.console(ada)
  await claim(desk, 'Tech Store')
  await desk.locator('[data-composer]').fill('half an answer')
  await choose(desk, textFile('a.csv'), textFile('b.csv'))
  const unsent = desk.getByRole('textbox', { name: 'Not sent' })

  await stage.post('admin/session/release/', ada, { session_id })
  await desk.getByRole('button', { name: 'Claim' }).waitFor()
  t.equal(await unsent.inputValue(), 'half an answer')
  t.ok(await unsent.evaluate((field) => field === document.activeElement), 'keys that are still typed do nothing')
  await desk.getByRole('button', { name: 'Claim' }).click()
  await desk.locator('[data-composer]').waitFor()
  t.equal(await desk.locator('[data-composer]').inputValue(), 'half an answer')
  t.equal(await unsent.count(), 0)

  await stage.post('admin/session/transfer/', ada, { session_id, admin_id: grace.id })
  await desk.getByText(`Grace (admin ${grace.id}) has this conversation now.`).waitFor()
  t.equal(await unsent.inputValue(), 'half an answer')
  await stage.post('admin/session/transfer/', grace, { session_id, admin_id: ada.id })
  await desk.locator('[data-composer]').waitFor()

  await stage.post('store/close/', store)
  await desk.getByText('This conversation has ended.').waitFor()
  t.equal(await unsent.inputValue(), 'half an answer')
  t.same(await namesChosen(desk), ['a.csv', 'b.csv'])
  await desk.getByRole('button', { name: 'Remove a.csv' }).click()
  t.same(await namesChosen(desk), ['b.csv'])
  await desk.getByRole('button', { name: 'Discard' }).click()
  await unsent.waitFor({ state: 'detached' })
  t.equal(await desk.locator('.tray').count(), 0)
  await desk.getByRole('button', { name: 'Sign out' }).click()
  await desk.getByLabel('Token').waitFor()
  t.same(
    stage.complaints().filter((complaint) => !/status of 40[34]/.test(complaint)),
    [],
  )
})
