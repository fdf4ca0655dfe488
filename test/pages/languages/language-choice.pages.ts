import t from 'tap'
import { row } from '../support/acts.js'
import { readTexts } from '../support/page-modules.js'
import { startShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

const stage = await setStage(t)

t.test('a right-to-left language mirrors the page, but not the texts of users', async (t) => {
  const [store, admin] = [await stage.store({ name: 'Spiegel' }), await stage.admin()]
  await stage.post('store/message/', store, { content: 'Left to right' })
  const desk = await stage.console(admin, { locale: 'ar' })
  await row(desk, 'Spiegel').click()
  const box = async (selector: string) => (await desk.locator(selector).first().boundingBox()) ?? { x: NaN, width: NaN }
  t.ok((await box('.sidebar')).x > (await box('.room')).x, 'the list is on the right')
  t.ok((await box('.conversation-head .avatar')).x > (await box('.conversation-head .titles')).x)
  t.equal(await desk.locator('.entry .text').evaluate((text) => getComputedStyle(text).direction), 'ltr')
  const directionOfField = () => desk.locator('[data-composer]').evaluate((field) => getComputedStyle(field).direction)
  await desk.locator('.claim button').click()
  await desk.locator('[data-composer]').waitFor()
  t.equal(await directionOfField(), 'rtl', 'an empty field begins on the right')
  await desk.locator('[data-composer]').fill('Left')
  t.equal(await directionOfField(), 'ltr')
  await desk.setViewportSize({ width: 360, height: 640 })
  t.match(
    await desk.locator('.back .icon').evaluate((icon) => getComputedStyle(icon).transform),
    /^matrix\(-1/,
    'an arrow points the other way',
  )
})

t.test('`?lang=` takes precedence over the browser; invalid values are skipped', async (t) => {
  const { page } = await stage.visitor(await stage.store(), { locale: 'fr' })
  const langOf = async (query: string) => {
    await page.goto(`${stage.node.origin}/chat/${query}`)
    await page.locator('input[name=token]').waitFor()
    return page.evaluate(() => document.documentElement.lang)
  }
  t.equal(await langOf(''), 'fr')
  t.equal(await langOf('?lang=de'), 'de')
  t.equal(await langOf('?lang=en'), 'en')
  t.equal(await langOf('?lang=..%2Fevil'), 'fr')
})

t.test('a missing text, or a missing catalogue, falls back to English', async (t) => {
  const texts = await readTexts('de')
  const { page } = await stage.visitor(await stage.store(), { locale: 'de', losesConnections: true })
  await page.route('**/languages/de.js', (route) => route.abort())
  await page.goto(`${stage.node.origin}/chat/`)
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  t.equal(await page.evaluate(() => document.documentElement.lang), 'en')
  await page.unroute('**/languages/de.js')
  await page.route('**/languages/de.js', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      body: `export default ${JSON.stringify({ 'chat.title': texts['chat.title'] })}`,
    }),
  )
  await page.goto(`${stage.node.origin}/chat/`)
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await page.getByRole('heading', { name: 'Support-Chat' }).waitFor()
})

t.test('the widget uses the language of its tag, otherwise that of the browser', async (t) => {
  const store = await stage.store()
  for (const [locale, lang, name] of [
    ['fr', 'ar', 'فتح محادثة الدعم'],
    ['fr', undefined, 'Ouvrir le chat d’assistance'],
  ] as const) {
    const { page } = await stage.visitor(store, { locale })
    await page.goto(await startShop(t, stage.node.origin, store.token, 'h1 { color: red }', lang))
    await page.getByRole('button', { name }).click()
    const frame = page.frameLocator('iframe')
    await frame.locator('[data-composer]').waitFor()
    t.equal(await frame.locator('html').getAttribute('lang'), lang ?? locale)
    t.equal(await frame.locator('html').getAttribute('dir'), lang === 'ar' ? 'rtl' : 'ltr')
  }
  t.same(stage.complaints(), [])
})
