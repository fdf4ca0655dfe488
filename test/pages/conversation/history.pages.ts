import t from 'tap'
import { addMessages } from '../../support/chat/sessions.js'
import { row, sees } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const COUNT = 420

t.test('scrolling up loads history without moving the visible messages', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store({ name: 'Tech Store' })
  const { body } = await stage.get('store/session/', store)
  const contents = Array.from({ length: COUNT }, (_, place) => ({
    content: `message ${place} ${'. '.repeat(place % 90)}`,
  }))
  await addMessages(stage.node.database, body.id, contents)
  const desk = await stage.console(await stage.admin())
  await row(desk, 'Tech Store').click()
  await desk
    .getByText(`message ${COUNT - 1} `)
    .first()
    .waitFor()
  const log = desk.locator('.log')
  const isAtEnd = () => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2)
  t.ok(await isAtEnd(), 'it begins with the newest')

  for (let pages = 0; pages < 20 && (await desk.locator('.entry').count()) < COUNT; pages++) {
    const before = await desk.locator('.entry').count()
    const place = await log.evaluate((box) => {
      box.scrollTop = 30
      const top = box.getBoundingClientRect().top
      const entries = [...box.querySelectorAll<HTMLElement>('.entry')]
      const seen = entries.find((entry) => (entry.querySelector('.bubble')?.getBoundingClientRect().top ?? 0) >= top)
      return {
        id: seen?.dataset['messageId'] ?? '',
        top: seen?.querySelector('.bubble')?.getBoundingClientRect().top ?? 0,
      }
    })
    await desk.waitForFunction((count) => document.querySelectorAll('.entry').length > count, before)
    const top = await desk
      .locator(`[data-message-id="${place.id}"] .bubble`)
      .evaluate((bubble) => bubble.getBoundingClientRect().top)
    t.ok(Math.abs(top - place.top) < 3, `moved by ${top - place.top}`)
  }
  const ids = await desk
    .locator('.entry')
    .evaluateAll((entries) => entries.map((entry) => Number((entry as HTMLElement).dataset['messageId'])))
  t.equal(ids.length, COUNT)
  t.same(
    ids,
    [...ids].sort((one, other) => one - other),
  )

  await stage.post('store/message/', store, { content: 'something new' })
  await desk.getByRole('button', { name: /New messages/ }).waitFor()
  t.notOk(await isAtEnd(), 'a reader of old messages is not torn away')
  await desk.getByRole('button', { name: /New messages/ }).click()
  await sees(desk, 'something new')
  t.ok(await isAtEnd())
  t.same(stage.complaints(), [])
})
