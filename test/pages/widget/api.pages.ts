import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import type { StoreChat } from '../../../src/pages/widget/store-chat.js'
import { until } from '../../../harness/until.js'
import { chatIn, countWidgets, entryIn, openChat, opener, writeIn } from '../support/launcher.js'
import { serveShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

interface ShopWindow {
  storeChat: StoreChat
  counts: number[]
  kept: StoreChat
}

/** A code block of the documentation for shops, found by its content. */
const readSnippet = async (part: string): Promise<string> => {
  const text = await readFile('docs/widget.md', 'utf8')
  const snippets = [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)
  return snippets.find((code) => code.includes(part)) ?? ''
}

const countsOf = (page: Page) => page.evaluate(() => (window as unknown as ShopWindow).counts)
const call = (page: Page, act: (chat: StoreChat, token: string) => void, token = '') =>
  page.evaluate(`(${act.toString()})(window.storeChat, ${JSON.stringify(token)})`)

t.test('calls from before the script has loaded are made once it loads', async (t) => {
  const stage = await setStage(t)
  const [store, admin] = [await stage.store(), await stage.admin()]
  const { body } = await stage.post('store/message/', store, { content: 'Hello' })
  await stage.post('admin/session/claim/', admin, { session_id: body.session.id })
  await stage.post('admin/message/', admin, { session_id: body.session.id, content: 'An answer' })
  const { page } = await stage.visitor(store)
  const stub = await readSnippet('window.storeChat ??=')
  t.not(stub, '')
  await page.goto(
    await serveShop(t, {
      pages: { '/': `<script src="/shop.js"></script><script src="${stage.node.origin}/widget.js" defer></script>` },
      files: {
        '/shop.js': `${stub}
          window.kept = storeChat
          window.counts = []
          const { open, on, signIn } = storeChat
          on('unread', () => { throw new Error('of the shop') })
          on('unread', (count) => counts.push(count))
          window.openLater = open
          signIn(${JSON.stringify(store.token)})`,
      },
    }),
  )
  await page.getByRole('button', { name: 'Open the support chat, 1 unread' }).waitFor()
  await until(async () => (await countsOf(page)).at(-1) === 1, 10_000)
  t.same(await countsOf(page), [0, 1])
  t.ok(await page.evaluate(() => (window as unknown as ShopWindow).kept === window.storeChat), 'one object all along')
  await page.evaluate('openLater()')
  await entryIn(chatIn(page), 'An answer').waitFor()
  await until(async () => (await countsOf(page)).at(-1) === 0, 10_000, 'what is seen is read')
  await call(page, (chat) => chat.close())
  await opener(page).waitFor()
  t.match(stage.complaints(), [/of the shop/])
})

t.test('signing in as another store replaces the conversation, and signing out removes it', async (t) => {
  const stage = await setStage(t)
  const [first, second] = [await stage.store(), await stage.store()]
  const { page } = await stage.visitor(first)
  const tag = (token: string) => `<script src="${stage.node.origin}/widget.js" data-token="${token}"></script>`
  await page.goto(await serveShop(t, { pages: { '/': tag(first.token) } }))
  await writeIn(await openChat(page), 'of the first store')
  await entryIn(chatIn(page), 'of the first store').waitFor()
  const [frame] = page.frames().slice(1)

  await call(page, (chat, token) => chat.signIn(token), first.token)
  t.ok(await chatIn(page).getByRole('textbox').isVisible(), 'the same token changes nothing')
  t.notOk(frame?.isDetached())

  for (const type of ['text/javascript', 'module']) {
    const { token } = type === 'module' ? first : second
    await page.evaluate(
      ([src, token, type]) => {
        const script = Object.assign(document.createElement('script'), { src, type })
        script.dataset['token'] = token
        document.head.append(script)
      },
      [`${stage.node.origin}/widget.js`, token, type] as const,
    )
    await opener(page).waitFor()
    t.same(await countWidgets(page), { hosts: 1, launchers: 1 }, type)
    const chat = await openChat(page)
    if (type === 'module') await entryIn(chat, 'of the first store').waitFor()
    else t.equal(await entryIn(chat, 'of the first store').count(), 0)
  }
  t.ok(frame?.isDetached())

  await call(page, (chat) => chat.signOut())
  t.same(await countWidgets(page), { hosts: 0, launchers: 0 })
  t.equal(page.frames().length, 1)
  await page.evaluate(() => document.body.replaceChildren())
  await call(page, (chat) => chat.open())
  await call(page, (chat, token) => chat.signIn(token), second.token)
  await chatIn(page).getByText('How can we help?').waitFor()
  t.same(await countWidgets(page), { hosts: 1, launchers: 1 }, 'opened as soon as somebody is signed in')
  await call(page, (chat) => chat.signIn(''))
  t.same(await countWidgets(page), { hosts: 0, launchers: 0 }, 'no token is nobody')
  t.same(stage.complaints(), [])
})

t.test('an element of the shop with the id `storeChat` does not interfere', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  const tag = `<script src="${stage.node.origin}/widget.js" data-token="${store.token}" defer></script>`
  await page.goto(await serveShop(t, { pages: { '/': tag }, body: '<form id="storeChat"><input name="queue"></form>' }))
  await openChat(page)
  await call(page, (chat) => chat.signOut())
  t.same(await countWidgets(page), { hosts: 0, launchers: 0 })
  t.same(stage.complaints(), [])
})
