import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { claimSession } from '../../support/chat/sessions.js'
import { row } from '../support/acts.js'
import { startShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

const phone = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true }
const KEYBOARD_PX = 280

/** Simulates Safari, whose keyboard does not resize the page, only its visible part. */
const fakeVisualViewport = () => {
  const fake = Object.assign(new EventTarget(), { scale: 1, offsetTop: 0 })
  const measure = () => window.innerHeight - (document.documentElement.dataset['keyboard'] === undefined ? 0 : 280)
  Object.defineProperty(fake, 'height', { get: measure })
  Object.defineProperty(window, 'visualViewport', { value: fake })
}
const openKeyboard = (page: Page) =>
  page.evaluate(() => {
    document.documentElement.dataset['keyboard'] = ''
    window.visualViewport?.dispatchEvent(new Event('resize'))
  })
const closeKeyboard = (page: Page) =>
  page.evaluate(() => {
    delete document.documentElement.dataset['keyboard']
    window.visualViewport?.dispatchEvent(new Event('resize'))
  })
const bottomOf = async (locator: Locator) => {
  const { y, height } = (await locator.boundingBox()) ?? { y: Infinity, height: 0 }
  return Math.round(y + height)
}

t.test('the field stays above the on-screen keyboard', async (t) => {
  const stage = await setStage(t)
  const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
  await stage.post('store/message/', store, { content: 'Hello' })
  await claimSession(stage.node.database, store.id, admin.id)
  for (const [path, account] of [
    ['/chat/', store],
    ['/console/', admin],
  ] as const) {
    const { page } = await stage.visitor(account, phone)
    await page.addInitScript(fakeVisualViewport)
    await page.goto(`${stage.node.origin}${path}`)
    await page.locator('input[name=token]').fill(account.token)
    await page.keyboard.press('Enter')
    if (path === '/console/') {
      await page.locator('#tab-own').click()
      await row(page, 'Tech Store').click()
    }
    const composer = page.locator('.composer')
    await composer.waitFor()
    t.equal(await bottomOf(composer), 640, `${path} without a keyboard`)
    await openKeyboard(page)
    t.equal(await bottomOf(composer), 640 - KEYBOARD_PX, `${path} above a keyboard that covers the page`)
    t.ok((await page.locator('.bar').boundingBox())?.y === 0, 'with the head in sight')
    await closeKeyboard(page)
    t.equal(await bottomOf(composer), 640, 'and down again')
    t.match(
      await page.locator('meta[name=viewport]').getAttribute('content'),
      /interactive-widget=resizes-content/,
      'a keyboard that can make the page smaller does',
    )
    await page.setViewportSize({ width: 360, height: 640 - KEYBOARD_PX })
    t.equal(await bottomOf(composer), 640 - KEYBOARD_PX, `${path} above a keyboard that makes the page smaller`)
  }
  t.same(stage.complaints(), [])
})

t.test('so does the field of the widget, although its frame cannot detect the keyboard', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store, phone)
  await page.addInitScript(fakeVisualViewport)
  await page.goto(await startShop(t, stage.node.origin, store.token, 'h1 { color: red }'))
  await page.getByRole('button', { name: 'Open the support chat' }).click()
  await page.frameLocator('iframe').locator('.composer').waitFor()
  await openKeyboard(page)
  t.equal(await bottomOf(page.locator('iframe')), 640 - KEYBOARD_PX)
  await closeKeyboard(page)
  t.equal(await bottomOf(page.locator('iframe')), 640)
  await page.setViewportSize({ width: 820, height: 900 })
  t.equal(await bottomOf(page.locator('iframe')), 900 - 92, 'on a tablet it stands above the launcher')
  await openKeyboard(page)
  t.ok((await bottomOf(page.locator('iframe'))) <= 900 - KEYBOARD_PX, 'and above the keyboard')
  t.ok(((await page.locator('iframe').boundingBox())?.y ?? -1) >= 0, 'as a whole')
  t.same(stage.complaints(), [])
})
