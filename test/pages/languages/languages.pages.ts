import type { Page } from 'playwright-core'
import t from 'tap'
import { row, sees } from '../support/acts.js'
import { findBarriers } from '../support/barriers.js'
import { readTexts } from '../support/page-modules.js'
import { setStage } from '../support/stage.js'

const stage = await setStage(t)

/** All texts for users and screen readers, except what users have written. */
const wordsOf = (page: Page) =>
  page.evaluate(() => {
    const written = '.text, .name, .snippet, bdi, [data-composer]'
    const labels = Array.from(document.querySelectorAll('[aria-label], [title]'), (element) => [
      element.getAttribute('aria-label'),
      element.getAttribute('title'),
    ])
    const texts = Array.from(document.querySelectorAll('#app *'))
      .filter((element) => element.closest(written) === null)
      .flatMap(({ childNodes }) => Array.from(childNodes))
      .map((node) => (node.nodeType === Node.TEXT_NODE ? node.textContent : ''))
    return [...texts, ...labels.flat()].map((text) => text?.trim() ?? '').filter((text) => text !== '')
  })

for (const [language, tag, direction] of [
  ['de', 'de-AT', 'ltr'],
  ['es', 'es-MX', 'ltr'],
  ['fr', 'fr-FR', 'ltr'],
  ['zh', 'zh-CN', 'ltr'],
  ['ar', 'ar-EG', 'rtl'],
] as const) {
  t.test(`${tag}: the pages are translated and accessible`, async (t) => {
    const [english, texts] = [await readTexts('en'), await readTexts(language)]
    const untranslated = Object.entries(english).flatMap(([key, text]) =>
      typeof text === 'string' && text !== texts[key as keyof typeof texts] ? [text] : [],
    )
    const isTranslated = async (page: Page, state: string) => {
      const words = await wordsOf(page)
      t.same(
        words.filter((word) => untranslated.includes(word)),
        [],
        `${state}: nothing is left in English`,
      )
    }
    const [store, admin] = [await stage.store({ name: `Tech ${language}` }), await stage.admin()]
    const chat = await stage.chat(store, { locale: tag })
    const { lang, dir } = await chat.evaluate(() => {
      const { lang, dir } = document.documentElement
      return { lang, dir }
    })
    t.ok(new Intl.Locale(lang).language === language, lang)
    t.equal(dir, direction)
    t.equal(await chat.title(), texts['chat.title'])
    await isTranslated(chat, 'an empty chat')
    await stage.post('store/message/', store, { content: 'Hello, مرحبا' })
    const desk = await stage.console(admin, { locale: tag })
    await row(desk, `Tech ${language}`).click()
    await desk.locator('.claim button').click()
    await desk.locator('[data-composer]').fill('I look')
    await chat.locator('.typing .dots').waitFor()
    await desk.locator('.send').click()
    await sees(chat, 'I look')
    for (const page of [desk, chat]) {
      await isTranslated(page, 'a conversation')
      t.same(await findBarriers(page), [], 'a conversation')
    }
    await desk.keyboard.press('Escape')
    await desk.keyboard.press('?')
    await desk.locator('dialog[open]').waitFor()
    await isTranslated(desk, 'a dialog')
    await desk.keyboard.press('Escape')
    await desk.keyboard.press('n')
    await desk.locator('.notices li').first().waitFor()
    await isTranslated(desk, 'notifications')
    t.same(await findBarriers(desk), [], 'notifications')
  })
}
