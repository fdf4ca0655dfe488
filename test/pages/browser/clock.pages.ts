import type { Page } from 'playwright-core'
import t from 'tap'
import { message, row, sees } from '../support/acts.js'
import { setStage } from '../support/stage.js'
import { signIn } from '../support/visitor.js'

const DAY_MS = 86_400_000

/** Shifts the clock of a page. */
const shiftClock = (page: Page, byMs: number) =>
  page.addInitScript({
    content: `{
      const Real = Date
      window.Date = class extends Real {
        constructor(...given) {
          super(...(given.length === 0 ? [Real.now() + ${byMs}] : given))
        }
        static now() {
          return Real.now() + ${byMs}
        }
      }
    }`,
  })

for (const [name, shiftMs, timezoneId] of [
  ['a day behind', -DAY_MS, 'Pacific/Kiritimati'],
  ['a day ahead', DAY_MS, 'America/Los_Angeles'],
  ['an hour behind', -3_600_000, 'Asia/Kathmandu'],
] as const) {
  t.test(`days and times are right on a computer whose clock is ${name}`, async (t) => {
    const stage = await setStage(t)
    const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
    await stage.post('store/message/', store, { content: 'of yesterday' })
    await stage.node.database.query(`update chat_message set created = created - interval '1 day'`)
    await stage.post('store/message/', store, { content: 'of today' })
    const open = async (path: string, token: string) => {
      const { page } = await stage.visitor({ ...store, token }, { timezoneId })
      await shiftClock(page, shiftMs)
      await page.goto(`${stage.node.origin}${path}`)
      await signIn(page, token)
      return page
    }
    const [chat, desk] = [await open('/chat/', store.token), await open('/console/', admin.token)]
    await row(desk, 'Tech Store').getByText('now', { exact: true }).waitFor()
    await row(desk, 'Tech Store').click()
    await desk.getByRole('button', { name: /^Notifications/ }).click()
    await desk.locator('.notices .when').nth(1).waitFor()
    t.same(
      (await desk.locator('.notices .when').allTextContents()).map((text) => text.includes(':')),
      [true, false],
      "today's has its time, yesterday's its day",
    )
    await desk.keyboard.press('Escape')
    const here = (page: Page, at: Date) =>
      page.evaluate(
        (at) => new Intl.DateTimeFormat('en-US', { hour: '2-digit', minute: '2-digit' }).format(at),
        at.getTime(),
      )
    for (const page of [chat, desk]) {
      await sees(page, 'of today')
      await message(page, 'of yesterday').locator('.day').getByText('Yesterday').waitFor()
      await message(page, 'of today').locator('.day').getByText('Today').waitFor()
      const time = message(page, 'of today').locator('time')
      t.equal(await time.textContent(), await here(page, new Date((await time.getAttribute('datetime')) ?? '')))
    }
    await stage.post('store/message/', store, { content: 'just now' })
    await sees(chat, 'just now')
    t.equal(await chat.locator('.day').count(), 2, 'and begins no other day')
    t.same(stage.complaints(), [])
  })
}

t.test(
  'screen readers announce each message once, repeated texts too, and also the end of a conversation',
  async (t) => {
    const stage = await setStage(t)
    const [store, admin] = [await stage.store(), await stage.admin()]
    const { body } = await stage.post('store/message/', store, { content: 'question' })
    const session_id = body.session.id as number
    await stage.post('admin/session/claim/', admin, { session_id })
    const chat = await stage.chat(store)
    await sees(chat, 'question')
    const told = () => chat.locator('[aria-live=polite][data-announcer] p').allTextContents()
    t.same(await told(), [], 'what was there is no news')
    for (const content of ['ok', 'ok', 'x'.repeat(5000)])
      await stage.post('admin/message/', admin, { session_id, content })
    await sees(chat, 'xxx')
    t.same(await told(), ['Support: ok', 'Support: ok', `Support: ${'x'.repeat(291)}…`])
    await stage.post('admin/close/', admin, { session_id })
    await chat.getByRole('status').getByText('This conversation has ended').waitFor()
    t.same(stage.complaints(), [])
  },
)
