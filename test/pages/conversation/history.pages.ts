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

t.test('what grows while the reader scrolls moves no message in view, and the end stays in view', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  for (let n = 0; n < 12; n++) await stage.post('store/message/', store, { content: `${n} ${'long '.repeat(150)}` })
  const page = await stage.chat(store)
  await sees(page, '11 long')
  const log = page.locator('.log')
  /** Lets the first message grow by 100 pixels, as a picture that loads, and scrolls before the next frame. */
  const growAndScroll = (scrollBy: number) =>
    log.evaluate(async (box, scrollBy) => {
      const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      await painted()
      const entries = [...box.querySelectorAll<HTMLElement>('[data-message-id]')]
      const [first, watched] = [entries[0], entries[8]]
      if (!first || !watched) throw new Error('There are too few messages')
      const before = watched.getBoundingClientRect().top
      first.style.paddingTop = `${(Number.parseFloat(first.style.paddingTop) || 0) + 100}px`
      box.scrollTop += scrollBy
      box.dispatchEvent(new Event('scroll'))
      await painted()
      return {
        movedBy: Math.round(watched.getBoundingClientRect().top - before),
        toEnd: Math.round(box.scrollHeight - box.scrollTop - box.clientHeight),
      }
    }, scrollBy)

  t.match(await growAndScroll(0), { toEnd: 0 }, 'at the end')
  await log.evaluate((box) => box.scrollTo(0, box.scrollHeight / 2))
  t.match(await growAndScroll(10), { movedBy: -10 }, 'elsewhere, it moves by what the reader has scrolled')
  t.match(await growAndScroll(0), { movedBy: 0 })
  t.same(stage.complaints(), [])
})
