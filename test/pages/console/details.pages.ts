import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { until } from '../../../harness/until.js'
import { holdRequests, row } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const UPDATES = '**/admin/session/update/'

/** An admin's console with the details of a waiting session. */
async function openDetails(t: Test) {
  const stage = await setStage(t)
  const admin = await stage.admin()
  const { body } = await stage.post('store/message/', await stage.store({ name: 'Tech Store' }), { content: 'Hello' })
  const desk = await stage.console(admin)
  await row(desk, 'Tech Store').click()
  const read = async () => (await stage.get('admin/session/', admin, { session_id: body.session.id })).body
  return { stage, desk, read }
}

async function addTag(desk: Page, tag: string): Promise<void> {
  await desk.locator('.details [data-tag]').fill(tag)
  await desk.keyboard.press('Enter')
}

t.test('edits made faster than the service answers are all stored', async (t) => {
  const { stage, desk, read } = await openDetails(t)
  const release = await holdRequests(desk, UPDATES)
  for (const tag of ['alpha', 'beta', 'gamma']) await addTag(desk, tag)
  await desk.getByLabel('Priority').selectOption('High')
  release()
  await until(async () => (await read()).priority > 0, 10_000)
  await until(async () => (await read()).tags.length === 3, 10_000)
  await desk.locator('.details').getByText('gamma').waitFor()

  await addTag(desk, 'delta')
  await desk.getByRole('button', { name: 'Remove the tag alpha' }).click()
  await desk.getByRole('button', { name: 'Remove the tag beta' }).click()
  await until(async () => (await read()).tags.join() === 'delta,gamma', 10_000)
  t.same(stage.complaints(), [])
})

t.test('a priority that was not stored is not shown', async (t) => {
  const { desk, read } = await openDetails(t)
  await desk.route(UPDATES, (route) => route.abort())
  await desk.getByLabel('Priority').selectOption('Urgent')
  await desk.getByRole('alert').locator('.toast').waitFor()
  const shown = () => desk.getByLabel('Priority').inputValue()
  await until(async () => (await shown()) === '0', 10_000)
  await desk.unroute(UPDATES)
  await desk.getByLabel('Priority').selectOption('Urgent')
  await until(async () => (await read()).priority === 3, 10_000)
  t.equal(await shown(), '3')
})
