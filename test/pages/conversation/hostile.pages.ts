import type { Page } from 'playwright-core'
import t from 'tap'
import { addMessages } from '../../support/chat/sessions.js'
import { claim, sees } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const markup = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"><b>bold</b>'
const override = 'paid \u202e\u2066 0.00 EUR \u202e after'
const contents = [
  markup,
  'javascript:alert(1) data:text/html,<script>alert(1)</script> https://good.example/path?a=1&b=2.',
  'http://user@evil.example/"onmouseover="window.hacked=1 https://evil.example/\u202egpj.exe',
  override,
  '\u200b\u200d\u2060',
  `x${'a'.repeat(4000)}`,
  '&lt;i&gt; {{7*7}} ${7*7} %3Cscript%3E',
  'line one\nline two\r\nline three',
]

/** Whether an element overflows its container. */
const overflows = (page: Page) =>
  page.evaluate(() => {
    const wide = document.scrollingElement
    const log = document.querySelector('.log')
    return (wide?.scrollWidth ?? 0) > window.innerWidth || (log?.scrollWidth ?? 0) > (log?.clientWidth ?? 0)
  })

t.test('messages and names are shown as plain text, never as markup', async (t) => {
  const stage = await setStage(t)
  const name = `${markup}\u202e Tech Store ${'W'.repeat(100)}`
  const store = await stage.store({ name, email: '"><script>window.hacked=1</script>' })
  for (const content of contents) await stage.post('store/message/', store, { content })
  await stage.post('store/message/', store, {
    content: 'see here',
    attachment_url: 'https://files.example/%3Cimg%20src=x%20onerror=alert(1)%3E%E2%80%AEgpj.exe',
  })
  // The service refuses such URLs and types, but the page must not rely on it.
  const { body: session } = await stage.get('store/session/', store)
  await addMessages(stage.node.database, session.id, [
    { content: 'and here', attachmentUrl: 'javascript:window.hacked=1', attachmentType: '<svg onload=alert(1)>' },
  ])
  const nameless = await stage.store({ name: '\u200b\u2060\u00ad' })
  await stage.post('store/message/', nameless, { content: markup })

  const desk = await stage.console(await stage.admin())
  const chat = await stage.chat(store)
  const dialogs: string[] = []
  for (const page of [desk, chat]) page.on('dialog', (dialog) => dialogs.push(dialog.message()))
  await desk
    .locator('.row')
    .filter({ hasText: `Store ${nameless.id}` })
    .waitFor()
  await claim(desk, 'Tech Store')

  for (const page of [desk, chat]) {
    await sees(page, 'and here')
    const texts = await page.locator('.entry .text').allTextContents()
    t.same(texts, [...contents, 'see here', 'and here'], 'word for word')
    t.equal(await page.evaluate('window.hacked'), undefined)
    t.equal(await page.locator('#app :is(script, img, b, i:not(.dots i), iframe, style)').count(), 0)
    const links = await page.locator('.entry a').evaluateAll((found) =>
      found.map((link) => ({
        href: link.getAttribute('href'),
        rel: link.getAttribute('rel'),
        target: link.getAttribute('target'),
        dir: link.getAttribute('dir'),
      })),
    )
    const safe = { rel: 'noopener noreferrer', target: '_blank', dir: 'ltr' }
    t.same(links, [
      { href: 'https://good.example/path?a=1&b=2', ...safe },
      { href: 'http://user@evil.example/', ...safe },
      { href: 'https://evil.example/', ...safe },
      { href: 'https://files.example/%3Cimg%20src=x%20onerror=alert(1)%3E%E2%80%AEgpj.exe', ...safe },
    ])
    t.same(await page.locator('.attachment .kind').allTextContents(), ['file', '<svg onload=alert(1)>'])
    t.notMatch(await page.locator('.attachment a').textContent(), /[\u200b-\u200f\u202a-\u202e]/)
    const isolation = await page
      .locator('.entry .text')
      .first()
      .evaluate((text) => getComputedStyle(text).unicodeBidi)
    t.equal(isolation, 'isolate', 'what turns the direction stays in its message')
    t.notOk(await overflows(page))
    await page.setViewportSize({ width: 360, height: 640 })
    t.notOk(await overflows(page), 'nor on a phone')
  }
  t.same(dialogs, [])
  t.same(stage.complaints(), [])
})

t.test('the Content-Security-Policy blocks foreign markup and scripts', async (t) => {
  const stage = await setStage(t)
  const { page } = await stage.visitor(await stage.store())
  await page.goto(`${stage.node.origin}/chat/`)
  const outcome = await page.evaluate(async () => {
    const refused: string[] = []
    document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => refused.push(violatedDirective))
    try {
      document.body.innerHTML = '<b>markup</b>'
    } catch {
      refused.push('innerHTML')
    }
    try {
      document.body.setAttribute('onclick', 'window.hacked = 1')
    } catch {
      refused.push('onclick')
    }
    document.body.click()
    await fetch('https://elsewhere.example/').catch(() => refused.push('fetch'))
    return { refused, hacked: 'hacked' in window }
  })
  t.ok(outcome.refused.includes('innerHTML') && outcome.refused.includes('fetch'), outcome.refused.join(' '))
  t.equal(outcome.hacked, false)
})
