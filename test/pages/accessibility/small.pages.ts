import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { claimSession, closeSession } from '../../support/chat/sessions.js'
import { row, sees } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const stage = await setStage(t)
const touch = { isMobile: true, hasTouch: true }
const arabicName = 'متجر الأزياء الحديثة والإلكترونيات والأجهزة المنزلية والهدايا والكتب المدرسية'
const latinName = 'Donaudampfschifffahrtsgesellschaftskapitän & Söhne – Werkstatt und Ausstellung Hamburg-Altona'

/** Elements whose text is cut off. */
const cut = (page: Page, selector: string) =>
  page
    .locator(selector)
    .evaluateAll((elements) =>
      elements
        .filter(({ clientWidth, scrollWidth }) => scrollWidth > clientWidth)
        .map(({ textContent, clientWidth, scrollWidth }) => `${textContent}: ${clientWidth} of ${scrollWidth} px`),
    )

for (const language of ['en', 'de', 'es', 'fr', 'zh', 'ar']) {
  t.test(`${language}: on a phone the head of the chat and the dates of a filter are shown whole`, async (t) => {
    const options = { ...touch, viewport: { width: 320, height: 640 }, locale: language }
    const [store, admin] = [await stage.store(), await stage.supervisor()]
    await stage.post('store/message/', store, { content: 'Hello' })
    const chat = await stage.chat(store, options)
    await sees(chat, 'Hello')
    const fits = async (state: string) => {
      for (const width of [320, 360, 390]) {
        await chat.setViewportSize({ width, height: 640 })
        t.same(await cut(chat, '.titles > *'), [], `${state}, ${width} px`)
      }
    }
    await fits('waiting')
    await claimSession(stage.node.database, store.id, admin.id)
    await chat.reload()
    await sees(chat, 'Hello')
    await fits('away')
    await chat.context().close()

    const desk = await stage.console(admin, options)
    await desk.locator('#tab-all').click()
    await desk.locator('[data-act=filter]').click()
    await desk.locator('[type=date]').nth(1).waitFor()
    const outside = await desk.locator('.filters label > :is(input, select)').evaluateAll((fields) =>
      fields
        .map((field) => [field.getBoundingClientRect(), field.parentElement?.getBoundingClientRect()] as const)
        .filter(([field, label]) => label === undefined || field.left < label.left - 1 || field.right > label.right + 1)
        .map(([field, label]) => `${field.left} to ${field.right} px, its label ${label?.left} to ${label?.right} px`),
    )
    t.same(outside, [])
    await comesIntoView(t, desk, '[type=date]')
    await desk.context().close()
  })
}

/** Scrolls to an element as far as the page allows, and asserts that the whole of it is in view. */
async function comesIntoView(t: Test, page: Page, selector: string) {
  const element = page.locator(selector).last()
  await element.scrollIntoViewIfNeeded()
  const { y, height } = (await element.boundingBox()) ?? { y: Infinity, height: 0 }
  const bottom = page.viewportSize()?.height ?? 0
  t.ok(Math.round(y) >= 0 && Math.round(y + height) <= bottom, `${selector}: ${y} to ${y + height} px`)
}

/** The elements whose first character is cut off. */
const withoutStart = (page: Page, selector: string) =>
  page.locator(selector).evaluateAll((names) =>
    names
      .filter((name) => {
        const range = document.createRange()
        range.setStart(name.firstChild ?? name, 0)
        range.setEnd(name.firstChild ?? name, 1)
        const { left, right } = range.getBoundingClientRect()
        const isHidden = (box: Element): boolean => {
          const { left: from, right: to } = box.getBoundingClientRect()
          if (getComputedStyle(box).overflowX !== 'visible' && (left < from - 1 || right > to + 1)) return true
          return box.parentElement !== null && isHidden(box.parentElement)
        }
        return isHidden(name)
      })
      .map(({ outerHTML }) => outerHTML),
  )

for (const [language, name] of [
  ['ar', latinName],
  ['en', arabicName],
] as const) {
  t.test(`${language}: of a name that runs the other way, a line that is too short shows the beginning`, async (t) => {
    const [store, admin, supervisor] = [await stage.store({ name }), await stage.admin(name), await stage.supervisor()]
    await stage.post('store/message/', store, { content: name })
    await claimSession(stage.node.database, store.id, admin.id)
    const options = { viewport: { width: 768, height: 640 }, locale: language }
    const [desk, chat, others] = [
      await stage.console(admin, options),
      await stage.chat(store),
      await stage.console(supervisor, options),
    ]
    await desk.locator('#tab-own').click()
    await row(desk, name).click()
    await sees(desk, name)
    await sees(chat, name)
    await chat.locator('[data-composer]').fill('I write')
    await desk.locator('.typing .dots').waitFor()
    t.same(await withoutStart(desk, '.titles h2 bdi, .row bdi, .typing bdi'), [])
    await others.locator('#tab-all').click()
    await row(others, name).locator('.chip bdi').waitFor()
    t.same(await withoutStart(others, '.row bdi'), [])
  })
}

t.test('all parts of a conversation can be scrolled into view when the page is enlarged to 400 %', async (t) => {
  const options = { viewport: { width: 320, height: 256 }, locale: 'de' }
  const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
  await stage.post('store/message/', store, { content: 'Hello' })
  await claimSession(stage.node.database, store.id, admin.id)
  const desk = await stage.console(admin, options)
  await desk.locator('#tab-own').click()
  await row(desk, 'Tech Store').scrollIntoViewIfNeeded()
  await comesIntoView(t, desk, '.row')
  await row(desk, 'Tech Store').click()
  await sees(desk, 'Hello')
  for (const part of ['.composer', '.entry', '[data-act=close]']) await comesIntoView(t, desk, part)
  await closeSession(stage.node.database, store.id)
  const chat = await stage.chat(store, options)
  await chat.locator('.scores label').nth(3).click()
  await chat.locator('.rating [type=submit]').waitFor()
  for (const part of ['.composer', '.rating [type=submit]', '.entry']) await comesIntoView(t, chat, part)
})
