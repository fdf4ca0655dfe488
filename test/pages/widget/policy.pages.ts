import { readFile } from 'node:fs/promises'
import type { Test } from 'tap'
import t from 'tap'
import { until } from '../../../harness/until.js'
import { entryIn, openChat, opener, writeIn } from '../support/launcher.js'
import { serveShop } from '../support/shop.js'
import { setStage, type Stage } from '../support/stage.js'

/** A visitor of a shop with a policy, and what the console says there. */
async function visitShop(
  t: Test,
  stage: Stage,
  writePolicy: (chatOrigin: string) => string,
  { head = '', attributes = '' } = {},
) {
  const store = await stage.store()
  const visitor = await stage.visitor(store)
  const { origin } = stage.node
  const shop = await serveShop(t, {
    pages: {
      '/': `${head}<script src="${origin}/widget.js" data-token="${store.token}" ${attributes} defer></script>`,
    },
    files: { '/shop.js': await readPolicyNotice() },
    headers: { 'content-security-policy': writePolicy(origin) },
  })
  const lines: string[] = []
  visitor.page.on('console', (message) => lines.push(message.text()))
  await visitor.page.goto(shop)
  return { ...visitor, origin, ownLines: () => lines.filter((line) => line.startsWith('store-chat')) }
}

/** What the documentation gives shops for a policy that refuses the script itself. */
async function readPolicyNotice(): Promise<string> {
  const text = await readFile('docs/widget.md', 'utf8')
  const snippets = [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)
  return snippets.find((code) => code.includes('securitypolicyviolation')) ?? ''
}

const strict = "default-src 'none'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'"

t.test('the strictest policy needs to allow its origin in two directives, or a nonce and one directive', async (t) => {
  const stage = await setStage(t)
  const ways = [
    { policy: (origin: string) => `${strict}; script-src ${origin}; frame-src ${origin}`, attributes: '' },
    {
      policy: (origin: string) => `${strict}; script-src 'nonce-abc'; frame-src ${origin}/widget/`,
      attributes: 'nonce="abc"',
    },
    {
      policy: (origin: string) => `${strict}; script-src 'nonce-abc' 'strict-dynamic'; frame-src ${origin}`,
      attributes: 'nonce="abc" type="module"',
    },
  ]
  for (const { policy, attributes } of ways) {
    const { page, complaints } = await visitShop(t, stage, policy, { attributes })
    const chat = await openChat(page)
    await writeIn(chat, 'allowed')
    await entryIn(chat, 'allowed').waitFor()
    t.same(complaints, [], attributes)
  }
})

t.test('a policy that blocks the frame is reported in one line, with the missing directive', async (t) => {
  const stage = await setStage(t)
  for (const policy of [
    `script-src 'self' ORIGIN`,
    `script-src ORIGIN; frame-src 'self'`,
    `script-src ORIGIN; child-src 'self'`,
  ]) {
    const { page, origin, ownLines } = await visitShop(
      t,
      stage,
      (origin) => `default-src 'self'; ${policy.replace('ORIGIN', origin)}`,
    )
    await until(() => ownLines().length > 0, 10_000, 'the line')
    await opener(page).click()
    await page.evaluate(() => document.body.replaceChildren())
    await opener(page)
      .or(page.getByRole('button', { name: 'Close the support chat' }))
      .waitFor()
    t.same(ownLines(), [`store-chat: add ${origin} to the frame-src of this page's Content-Security-Policy`], policy)
  }
})

t.test("the documentation's snippet reports a policy that blocks the script", async (t) => {
  const { page, origin, ownLines } = await visitShop(t, await setStage(t), () => "script-src 'self'", {
    head: '<script src="/shop.js"></script>',
  })
  await until(() => ownLines().length > 0, 10_000, 'the line')
  t.same(ownLines(), [`store-chat: add ${origin} to the script-src of this page's Content-Security-Policy`])
  t.equal(await opener(page).count(), 0)
})
