import t from 'tap'
import type * as links from '../../../src/pages/text/links.js'
import { importPageModule } from '../support/page-modules.js'

const { findLinks } = await importPageModule<typeof links>('text/links.ts')

const linked = (text: string) => findLinks(text).flatMap(({ text, href }) => (href === undefined ? [] : text))

t.test('brackets that belong to an address stay in it, and those around it do not', async (t) => {
  const wiki = 'https://en.wikipedia.org/wiki/Company_(military_unit)'
  for (const [text, ...addresses] of [
    [wiki, wiki],
    [`see ${wiki}.`, wiki],
    [`(see ${wiki})`, wiki],
    [`(see ${wiki}), or ask`, wiki],
    [`[text](${wiki})`, wiki],
    ['(https://a.example/b),text', 'https://a.example/b'],
    ['https://a.example/b(see below)', 'https://a.example/b'],
    ['https://a.example(see below)', 'https://a.example'],
    ['https://a.example/?q[]=1&r[a]=2', 'https://a.example/?q[]=1&r[a]=2'],
    ['http://[::1]:8000/a', 'http://[::1]:8000/a'],
    ['{https://a.example/{id}}', 'https://a.example/{id}'],
    ['https://a.example/a) https://a.example/b', 'https://a.example/a', 'https://a.example/b'],
  ] as const) {
    t.same(linked(text), addresses, text)
  }
})

t.test('punctuation of any script ends an address, and letters of any script do not', async (t) => {
  for (const end of [
    '。',
    '、',
    '，',
    '！',
    '？',
    '；',
    '：',
    '）',
    '」',
    '』',
    '】',
    '》',
    '｝',
    '～',
    '・',
    '　',
    '”',
    '»',
  ]) {
    t.same(linked(`看 https://a.example/路径${end}然后`), ['https://a.example/路径'], end)
    t.same(linked(`https://a.example${end}`), ['https://a.example'], end)
  }
  for (const end of ['.', ',', '!', '?', '?!', '...', '…', '؟', '،', '۔', '’', "',", '.)', '।']) {
    t.same(linked(`https://a.example/b${end} next`), ['https://a.example/b'], end)
    t.same(linked(`https://a.example/b${end}`), ['https://a.example/b'], end)
  }
  for (const address of [
    'https://en.wikipedia.org/wiki/Michelson–Morley_experiment',
    "https://en.wikipedia.org/wiki/Murphy's_law",
    'https://ja.wikipedia.org/wiki/佐々木',
    'https://ja.wikipedia.org/wiki/コーヒー',
    'https://ar.wikipedia.org/wiki/قهوة',
    'https://a.example/a,b;c:d!e?f=1.5&g=h',
    'https://web.archive.org/web/2020/https://a.example/',
    'HTTPS://A.example/B',
  ]) {
    t.same(linked(`${address}.`), [address], address)
  }
})

t.test('nothing else becomes a link, and the pieces make up the whole text', async (t) => {
  for (const text of [
    'javascript:alert(1)',
    'ftp://a.example',
    'https://',
    'http://(',
    'https:// a',
    'http://:80',
    'a.example',
    '',
  ]) {
    t.same(linked(text), [], text)
    t.equal(
      findLinks(text)
        .map((piece) => piece.text)
        .join(''),
      text,
    )
  }
})

const LENGTH = 10_000
const fill = (part: string) => part.repeat(Math.ceil(LENGTH / part.length)).slice(0, LENGTH)

/** Texts that take quadratic time if a parser rescans a part of them for each character. */
const texts = {
  words: fill('Lorem ipsum dolor. '),
  beginnings: fill('http://'),
  'short addresses': fill('http://a '),
  'one address': `https://a.example/${fill('a')}`,
  'ends of sentences': `https://a.example/${fill(')')}x`,
  commas: `https://a.example/${fill('.,')}x`,
  'open brackets': `https://a.example/${fill('(')}`,
  pairs: `https://a.example/${fill('()')}`,
  'open brackets and addresses': fill('https://a/('),
  'hosts that are none': fill('http://[a'),
  'full width': `https://a.example/${fill('。')}`,
  letters: `https://a.example/${fill('路')}`,
  'many hosts': fill('https://xn--a.example/%00 '),
}

t.test('the time is linear in the length of any text', async (t) => {
  const { charCodeAt } = String.prototype
  let looks = 0
  String.prototype.charCodeAt = function (place) {
    looks++
    return charCodeAt.call(this, place)
  }
  t.teardown(() => (String.prototype.charCodeAt = charCodeAt))
  for (const [name, text] of Object.entries(texts)) {
    looks = 0
    const startedAt = performance.now()
    const pieces = findLinks(text)
    t.comment(`${name}: ${(performance.now() - startedAt).toFixed(2)} ms`)
    t.ok(looks <= 3 * text.length, `${name}: ${looks} looks at ${text.length} characters`)
    t.equal(pieces.map((piece) => piece.text).join(''), text, name)
  }
})
