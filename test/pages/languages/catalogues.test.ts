import { readdir, readFile, stat } from 'node:fs/promises'
import t from 'tap'
import { importPageModule, readTexts, type Texts } from '../support/page-modules.js'

type ChooseLocale = typeof import('../../../src/pages/languages/choose-locale.js')

const { languages, chooseLocale } = await importPageModule<ChooseLocale>('languages/choose-locale.ts')
const english = await readTexts('en')
const catalogues = await Promise.all(languages.map(async (language) => [language, await readTexts(language)] as const))

const namesIn = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort()
const formsOf = (entry: Texts[keyof Texts] | undefined) =>
  typeof entry === 'string' ? { other: entry } : (entry ?? {})

/** The plural forms that the counts of the pages need. */
function neededForms(language: string): string[] {
  const rules = new Intl.PluralRules(language)
  return [...new Set(Array.from({ length: 1000 }, (_, count) => rules.select(count)))].sort()
}

for (const [language, texts] of catalogues) {
  t.test(`${language} has every text, with its names, in every plural form`, async (t) => {
    t.same(Object.keys(texts).sort(), Object.keys(english).sort(), 'no key is missing, none is left over')
    const needed = neededForms(language)
    const faults = Object.entries(english).flatMap(([key, entry]) => {
      const own = formsOf(texts[key as keyof Texts])
      const names = namesIn(formsOf(entry).other ?? '')
      const missing = typeof entry === 'object' ? needed.filter((form) => !(form in own)) : []
      const silent = Object.values(own).filter((text) => !/[\p{L}{]/u.test(text))
      const others = Object.values(own)
        .flatMap(namesIn)
        .filter((name) => !names.includes(name))
      return [
        ...missing.map((form) => `${key} has no form ${form}`),
        ...silent.map((text) => `${key} says nothing: ${text}`),
        ...others.map((name) => `${key} has the name ${name}, which the English text does not have`),
        ...(namesIn(own.other ?? '').join() === names.join() ? [] : [`${key} does not have the names ${names.join()}`]),
      ]
    })
    t.same(faults, [])
  })
}

t.test('the language is the first preferred one with a catalogue, and keeps its region', async (t) => {
  const cases: [wanted: string[], language: string, tag: string][] = [
    [['de-AT', 'en'], 'de', 'de-AT'],
    [['pt-BR', 'fr-CA', 'en'], 'fr', 'fr-CA'],
    [['AR-eg'], 'ar', 'ar-EG'],
    [['zh-TW'], 'zh', 'zh-Hans-TW'],
    [['zh-CN'], 'zh', 'zh-Hans-CN'],
    [['en-GB', 'de'], 'en', 'en-GB'],
    [['../../evil', '', 'e', 'es-419'], 'es', 'es-419'],
    [['nl', 'sv'], 'en', 'en'],
    [[], 'en', 'en'],
  ]
  for (const [wanted, language, tag] of cases) t.same(chooseLocale(wanted), { language, tag }, wanted.join())
})

t.test('a shortcut is the Latin letter of the key on every layout', async (t) => {
  const { shortcutOf } = await importPageModule<typeof import('../../../src/pages/browser/keys.js')>('browser/keys.ts')
  const cases: [key: string, code: string, shortcut: string][] = [
    ['w', 'KeyW', 'w'],
    ['W', 'KeyW', 'w'],
    ['w', 'KeyZ', 'w'],
    ['w', 'Comma', 'w'],
    [',', 'KeyW', ','],
    ['é', 'KeyW', 'é'],
    ['ц', 'KeyW', 'w'],
    ['Ц', 'KeyW', 'w'],
    ['ص', 'KeyW', 'w'],
    ['ς', 'KeyW', 'w'],
    ["'", 'KeyW', 'w'],
    ['ें', 'KeyW', 'w'],
    ['ㅈ', 'KeyW', 'w'],
    ['د', 'BracketRight', 'د'],
    ['?', 'Minus', '?'],
    ['؟', 'Slash', '?'],
    ['？', 'Slash', '?'],
    ['Escape', 'Escape', 'Escape'],
  ]
  for (const [key, code, shortcut] of cases) t.equal(shortcutOf({ key, code }), shortcut, `${key} on ${code}`)
})

t.test('the pages stay small', async (t) => {
  const sizeOf = async (name: string) => (await stat(`dist/pages/${name}.gz`)).size
  const others = languages
    .filter((language) => language !== 'en')
    .flatMap((language) => [
      `languages/${language}.js`,
      `languages/chat/${language}.js`,
      `languages/desk/${language}.js`,
    ])
    .map((name) => [name, 6] as const)
  for (const [name, kib] of [['console/app.js', 54], ['chat/app.js', 35], ['widget.js', 3], ...others] as const) {
    const size = await sizeOf(name)
    t.ok(size <= kib * 1024, `${name}: ${size} bytes of ${kib} KiB`)
  }
  const parts = (await readdir('dist/pages/console')).filter((name) => name.endsWith('.gz'))
  t.equal(parts.length, 6, 'the page, its style, its script, and the three that come later')
  const sizes = await Promise.all(parts.map((name) => sizeOf(`console/${name.replace('.gz', '')}`)))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  t.ok(total <= 64 * 1024, `the whole console: ${total} bytes of 64 KiB`)
  t.notMatch(
    await readFile('dist/pages/chat/app.js', 'utf8'),
    'Unterhaltung',
    'other languages come when they are needed',
  )
})
