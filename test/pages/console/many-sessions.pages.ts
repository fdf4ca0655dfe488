import t from 'tap'
import type { TestAccount } from '../../support/chat/accounts.js'
import { row } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const COUNT = 300
/** Rows that are visible at once, with a margin. */
const MOST_ROWS = 40

t.test('all of 300 waiting sessions can be reached, and only a few are in the document', async (t) => {
  const stage = await setStage(t)
  const stores: TestAccount[] = []
  for (let place = 1; place <= COUNT; place++) {
    const store = await stage.store({ name: `Shop ${place}.` })
    stores.push(store)
    await stage.post('store/message/', store, { content: `Question ${place}` })
  }
  const desk = await stage.console(await stage.admin())
  const count = async (wanted: number) => desk.getByRole('tab', { name: `Waiting ${wanted}` }).waitFor()
  await count(COUNT)
  await row(desk, 'Shop 1.').waitFor()
  t.ok((await desk.locator('.row').count()) <= MOST_ROWS)

  await row(desk, 'Shop 1.').focus()
  await desk.keyboard.press('End')
  const last = row(desk, `Shop ${COUNT}.`)
  await last.waitFor()
  t.ok(await last.evaluate((element) => element === document.activeElement), 'the last row has the focus')
  t.equal(await desk.locator('li', { has: last }).getAttribute('aria-posinset'), String(COUNT))
  t.ok((await desk.locator('.row').count()) <= MOST_ROWS)

  const seen = new Set<string>()
  await desk.keyboard.press('Home')
  await row(desk, 'Shop 1.').waitFor()
  for (let steps = 0; steps < 100 && seen.size < COUNT; steps++) {
    for (const name of await desk.locator('.row .name').allTextContents()) seen.add(name)
    await desk.keyboard.press('PageDown')
    // The browser renders the move with the next frame, before a user presses the next key.
    await desk.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
  }
  t.equal(seen.size, COUNT, 'all come by')

  const other = await stage.admin()
  const { body } = await stage.get('store/session/', stores[149])
  await stage.post('admin/session/claim/', other, { session_id: body.id })
  await count(COUNT - 1)
  const late = await stage.store({ name: 'The latest' })
  await stage.post('store/message/', late, { content: 'And me?' })
  await count(COUNT)
  await desk.keyboard.press('End')
  await row(desk, 'The latest').getByText('And me?').waitFor()
  t.same(stage.complaints(), [])
})
