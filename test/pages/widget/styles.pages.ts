import type { Page } from 'playwright-core'
import t from 'tap'
import { chatIn, closer, opener } from '../support/launcher.js'
import { serveShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

const viewport = { width: 1200, height: 800 }
const button = { x: 1124, y: 724, width: 56, height: 56 }
const frame = { x: 800, y: 108, width: 380, height: 600 }

/** Styles of shops that match too many elements. */
const sweepingStyles = [
  'div:empty, span:empty, :empty { display: none !important }',
  ':not(:defined) { display: none !important; visibility: hidden !important }',
  'body > *:not(main) { display: none !important }',
  'iframe { display: none !important } button { all: unset !important } svg { width: 0 !important }',
  'body * { all: unset !important }',
  'body * { display: none !important; visibility: hidden !important; opacity: 0 !important; pointer-events: none !important }',
  'body * { position: static !important; inset: 0 auto auto 0 !important; transform: translate(-9999px) !important }',
  'body > * { max-width: 0 !important; max-height: 0 !important; overflow: hidden !important; clip-path: inset(100%) !important }',
  'body { transform: translate(300px, 200px) scale(.5) } main { filter: blur(0) }',
  'body { filter: grayscale(1) opacity(.1); will-change: transform; perspective: 100px }',
  'body { contain: strict; height: 10px; overflow: hidden; opacity: .01; pointer-events: none; visibility: hidden }',
  'html { direction: rtl; font-size: 4px; writing-mode: vertical-rl } body { zoom: 1; line-height: 9 }',
  '* { transition: all 60s !important; animation: turn 1s infinite !important } @keyframes turn { to { transform: rotate(90deg); opacity: 0 } }',
  '*::before, *::after { content: "" !important; position: fixed !important; inset: 0 !important; background: red; z-index: 2147483647 }',
  '.above { position: fixed; inset: 0; background: #fff; z-index: 2147483647 }',
  '[popover] { display: none !important; inset: 0 !important; margin: auto !important; border: 99px solid red !important }',
  '::backdrop { background: #000 !important; backdrop-filter: blur(9px) !important; pointer-events: auto !important }',
  '@layer first { body * { display: none !important } } @layer first, second;',
]

const setStyle = (page: Page, style: string) =>
  page.locator('head style').evaluate((element, style) => (element.textContent = style), style)

t.test('no style of a shop hides or moves the launcher or its frame', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store, { viewport })
  await page.goto(
    await serveShop(t, {
      pages: {
        '/': `<style></style><script src="${stage.node.origin}/widget.js" data-token="${store.token}" defer></script>`,
      },
      body: '<main><h1>Shop</h1></main><div class="above"></div>',
    }),
  )
  await opener(page).waitFor()
  for (const style of sweepingStyles) {
    await setStyle(page, style)
    t.same(await opener(page).boundingBox(), button, style)
    // A real click: the element must be visible, stable, and on top.
    await opener(page).click({ timeout: 5000 })
    await chatIn(page).getByText('How can we help?').waitFor()
    t.same(await page.locator('iframe[title="Support chat"]').boundingBox(), frame, style)
    await chatIn(page).getByRole('textbox').click({ timeout: 5000 })
    await closer(page).click({ timeout: 5000 })
  }
  await setStyle(page, '')
  t.same(stage.complaints(), [])
})

t.test("a shop's styles for its own dialogs do not apply to the launcher", async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store, { viewport })
  await page.goto(
    await serveShop(t, {
      pages: {
        '/': `<style>html { background: #fff } ::backdrop { background: #000; opacity: 1; pointer-events: auto }</style>
          <script src="${stage.node.origin}/widget.js" data-token="${store.token}" defer></script>`,
      },
      body: '<main><button id="buy" style="background: #0f0">Buy</button></main>',
    }),
  )
  await opener(page).waitFor()
  await page.locator('#buy').click({ timeout: 5000 })
  const shown = await page.locator('store-chat-widget').evaluate((host) => getComputedStyle(host, '::backdrop').display)
  t.equal(shown, 'none')
})
