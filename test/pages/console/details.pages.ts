import type { Locator, Page } from 'playwright-core'
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

t.test('the focus moves on from what is removed', async (t) => {
  const { stage, desk } = await openDetails(t)
  const isFocused = (what: Locator) => what.and(desk.locator(':focus')).waitFor()
  const tag = (name: string) => desk.getByRole('button', { name: `Remove the tag ${name}` })
  for (const name of ['alpha', 'beta']) await addTag(desk, name)
  await tag('beta').waitFor()
  await tag('alpha').focus()
  await desk.keyboard.press('Enter')
  await isFocused(tag('beta'))
  await desk.keyboard.press('Enter')
  await isFocused(desk.locator('.details [data-tag]'))

  const notes = desk.locator('.note')
  await desk.getByRole('button', { name: 'Internal note' }).click()
  for (const [place, text] of ['calls', 'called'].entries()) {
    await desk.locator('[data-note]').fill(text)
    await desk.getByRole('button', { name: 'Save note' }).click()
    await notes.nth(place).waitFor()
  }
  const remove = desk.getByRole('button', { name: 'Delete note' })
  await remove.first().focus()
  await desk.keyboard.press('Enter')
  await notes.filter({ hasText: 'calls' }).waitFor({ state: 'detached' })
  await isFocused(remove)
  await desk.keyboard.press('Enter')
  await isFocused(desk.getByRole('region', { name: 'Messages' }))

  await desk.route(UPDATES, (route) => route.abort())
  await desk.getByLabel('Priority').selectOption('Urgent')
  await desk.getByLabel('Priority').focus()
  await desk.getByRole('button', { name: 'Dismiss' }).focus()
  await desk.keyboard.press('Enter')
  await isFocused(desk.getByLabel('Priority'))
  t.ok(stage.complaints().every((complaint) => complaint.includes('ERR_FAILED')))
})

t.test('the focus stays in the dialog of canned replies', async (t) => {
  const { stage, desk } = await openDetails(t)
  const isFocused = (what: Locator) => what.and(desk.locator(':focus')).waitFor()
  const dialog = desk.getByRole('dialog', { name: 'Canned replies' })
  await desk.getByRole('button', { name: 'Canned replies' }).click()
  await dialog.getByRole('button', { name: 'New reply' }).click()
  await isFocused(dialog.getByLabel('Shortcut'))
  await dialog.getByLabel('Shortcut').fill('hello')
  await dialog.getByLabel('Text').fill('Hello there')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await isFocused(dialog.getByRole('button', { name: 'New reply' }))
  await dialog.getByRole('button', { name: 'Edit /hello' }).click()
  await isFocused(dialog.getByLabel('Shortcut'))
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await isFocused(dialog.getByRole('button', { name: 'Edit /hello' }))
  await dialog.getByRole('button', { name: 'Delete /hello' }).click()
  await isFocused(dialog.getByRole('button', { name: 'New reply' }))
  t.same(stage.complaints(), [])
})
