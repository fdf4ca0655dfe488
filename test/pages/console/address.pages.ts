import type { Page } from 'playwright-core'
import t from 'tap'
import { row, sees } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true }
const isListShown = (desk: Page) => row(desk, 'First Shop').waitFor()

t.test('on a phone, Back returns from a conversation to the list, Forward and a reload open it again', async (t) => {
  const stage = await setStage(t)
  for (const name of ['First Shop', 'Second Shop']) {
    await stage.post('store/message/', await stage.store({ name }), { content: `from ${name}` })
  }
  const desk = await stage.console(await stage.admin(), PHONE)
  const entries = () => desk.evaluate(() => history.length)
  const before = await entries()
  await row(desk, 'First Shop').click()
  await sees(desk, 'from First Shop')
  await desk.goBack()
  await isListShown(desk)
  t.match(desk.url(), /\/console\/$/)
  await desk.goForward()
  await sees(desk, 'from First Shop')
  await desk.reload()
  await sees(desk, 'from First Shop')

  await desk.getByRole('button', { name: 'Back' }).click()
  await isListShown(desk)
  await row(desk, 'Second Shop').click()
  await sees(desk, 'from Second Shop')
  t.equal(await entries(), before + 1, 'the list and a conversation')
  await desk.goBack()
  await isListShown(desk)
  t.same(stage.complaints(), [])
})

t.test('on a wide screen, a reload opens the conversation again, and signing out forgets it', async (t) => {
  const stage = await setStage(t)
  await stage.post('store/message/', await stage.store({ name: 'First Shop' }), { content: 'Hello' })
  const desk = await stage.console(await stage.admin())
  const before = await desk.evaluate(() => history.length)
  await row(desk, 'First Shop').click()
  await sees(desk, 'Hello')
  t.equal(await desk.evaluate(() => history.length), before)
  await desk.reload()
  await sees(desk, 'Hello')
  await desk.getByRole('button', { name: 'Sign out' }).click()
  await desk.locator('input[name=token]').waitFor()
  t.match(desk.url(), /\/console\/$/)
  t.same(stage.complaints(), [])
})
