import type { Page } from 'playwright-core'
import t from 'tap'
import type { Language } from '../../../src/pages/languages/choose-locale.js'
import { startProxy } from '../../client/support/proxy.js'
import { row, sees } from '../support/acts.js'
import { setStage } from '../support/stage.js'
import { findTooWide } from '../support/too-wide.js'
import { signIn } from '../support/visitor.js'

const stage = await setStage(t)
const way = await startProxy(t, stage.node)
const height = 640
const phone = { viewport: { width: 320, height }, isMobile: true, hasTouch: true, losesConnections: true }
const longName = 'Donaudampfschifffahrtsgesellschaftskapitän & Söhne – Werkstatt und Ausstellung Hamburg-Altona'

/** German has the longest words, so that it stands for all at the widths between. */
const widthsOf = (language: Language) => (language === 'de' ? [320, 360, 430] : [320])

for (const language of ['en', 'de', 'es', 'fr', 'zh', 'ar'] as const) {
  t.test(`${language}: no state of the pages is wider than a phone`, async (t) => {
    const fits = async (page: Page, state: string) => {
      for (const width of widthsOf(language)) {
        await page.setViewportSize({ width, height })
        t.same(await findTooWide(page), [], `${state} at ${width} px`)
      }
    }
    const [store, admin] = [await stage.store({ name: longName }), await stage.supervisor()]
    const options = { ...phone, locale: language }
    const [{ page: chat }, { page: desk }] = [await stage.visitor(store, options), await stage.visitor(admin, options)]
    for (const [page, path, { token }] of [
      [chat, '/chat/', store],
      [desk, '/console/', admin],
    ] as const) {
      await page.goto(`${way.origin}${path}`)
      await page.locator('input[name=token]').fill('wrong')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      await fits(page, `${path} refused`)
      await signIn(page, token)
    }
    await fits(chat, 'nothing is written')
    await fits(desk, 'an empty list')
    const { body } = await stage.post('store/message/', store, {
      content: `https://shop.example/${'orders'.repeat(30)} ${'x'.repeat(300)}`,
      attachment_url: `https://files.example/${'slip'.repeat(30)}.pdf`,
      attachment_type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    })
    await row(desk, longName).waitFor()
    await fits(desk, 'the list')
    await desk.locator('[data-act=filter]').click()
    await fits(desk, 'a filter')
    await desk.locator('[data-act=select]').click()
    await fits(desk, 'several are chosen')
    await desk.locator('.bulk button').nth(1).click()
    await row(desk, longName).click()
    await sees(desk, 'shop.example')
    await fits(desk, 'before the claim')
    await desk.locator('.claim button').click()
    await desk.locator('[data-composer]').fill('x'.repeat(9_900))
    await chat.locator('.typing .dots').waitFor()
    await chat.locator('[data-composer]').fill('x'.repeat(9_900))
    await desk.locator('.typing .dots').waitFor()
    await fits(desk, 'both write')
    await fits(chat, 'both write, in the chat')
    await desk.locator('[data-write=note]').click()
    await desk.locator('[data-note]').fill('x'.repeat(300))
    await desk.locator('.save-note').click()
    await desk.locator('article.note').waitFor()
    await fits(desk, 'a note')
    await desk.locator('[data-write=message]').click()
    await desk.locator('[data-act=details]').click()
    await desk.locator('[data-tag]').fill('x'.repeat(32))
    await desk.keyboard.press('Enter')
    await desk.locator('.details .chip').first().waitFor()
    await fits(desk, 'the store')
    await desk.keyboard.press('Escape')
    await desk.locator('[data-act=notifications]').click()
    await desk.locator('.notices li').first().waitFor()
    await fits(desk, 'notifications')
    await desk.keyboard.press('Escape')
    await desk.locator('[data-act=close]').click()
    await fits(desk, 'a question')
    await desk.keyboard.press('Escape')
    await desk.locator('[data-act=transfer]').click()
    await fits(desk, 'a dialog')
    await desk.locator('dialog[open] input[type=text]').fill('999999999')
    await desk.locator('dialog[open] [type=submit]').click()
    await desk.locator('.toast').waitFor()
    await fits(desk, 'an error')
    way.lead(undefined)
    way.cut()
    for (const page of [desk, chat]) {
      await page.locator('.connection.offline').waitFor()
      await fits(page, 'offline')
    }
    way.lead(stage.node)
    for (const page of [desk, chat]) {
      // It need not wait until its next try is due.
      await page.evaluate(() => window.dispatchEvent(new Event('online')))
      await page.locator('.connection.online').waitFor()
    }
    await chat.locator('.bar button').first().click()
    await fits(chat, 'the question whether to end')
    await chat.keyboard.press('Escape')
    await stage.post('admin/close/', admin, { session_id: body.session.id })
    for (const page of [desk, chat]) {
      await page.locator('.notice').waitFor()
      await fits(page, 'an end')
      await page.context().close()
    }
  })
}

t.test('the font size of every field is large enough that Safari does not zoom in', async (t) => {
  const [store, admin] = [await stage.store(), await stage.admin()]
  const smallest = (page: Page) =>
    page
      .locator('input:not([type=checkbox]), textarea, select')
      .evaluateAll((fields) => Math.min(...fields.map((field) => parseFloat(getComputedStyle(field).fontSize))))
  const { page } = await stage.visitor(admin, phone)
  await page.goto(`${stage.node.origin}/console/`)
  await page.locator('input[name=token]').waitFor()
  t.ok((await smallest(page)) >= 16)
  const chat = await stage.chat(store, phone)
  t.ok((await smallest(chat)) >= 16)
})
