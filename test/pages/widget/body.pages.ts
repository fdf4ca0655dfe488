import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { chatIn, countWidgets, entryIn, openChat, opener, writeIn } from '../support/launcher.js'
import { serveShop } from '../support/shop.js'
import { setStage, type Stage } from '../support/stage.js'

const one = { hosts: 1, launchers: 1 }

async function visitShop(t: Test, stage: Stage, tag: (origin: string, token: string) => string) {
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  const head = tag(stage.node.origin, store.token)
  await page.goto(await serveShop(t, { pages: { '/': head }, files: { '/empty.js': '' } }))
  await opener(page).waitFor()
  return { page, store }
}

const inHead = (origin: string, token: string) =>
  `<script src="${origin}/widget.js" data-token="${token}" async></script>`

/** Changes the page, and waits until the launcher was removed and is back. */
async function replace(page: Page, change: () => void): Promise<void> {
  await page.evaluate((change) => {
    const { contentWindow } = document.querySelector('store-chat-widget')?.shadowRoot?.querySelector('iframe') ?? {}
    // The page's own code, as a shop's framework runs it.
    // oxlint-disable-next-line no-eval
    ;(0, eval)(`(${change})()`)
    if (contentWindow?.closed !== true) throw new Error('The launcher is where it was')
  }, change.toString())
  await opener(page).waitFor()
}

/** Replaces the body as frameworks do. */
const replacements: Record<string, () => void> = {
  'Turbo puts another body in its place': () => {
    const next = document.createElement('body')
    next.innerHTML = '<main>Next</main>'
    document.body.replaceWith(next)
  },
  'Turbo puts a copy in its place that it has kept': () => {
    document.body.replaceWith(document.body.cloneNode(true))
  },
  'htmx swaps what is in it': () => {
    document.body.innerHTML = '<main>Swapped</main>'
  },
  'a framework clears it and draws anew': () => {
    document.body.replaceChildren()
    setTimeout(() => document.body.append(document.createElement('main')))
  },
  'the whole document is another': () => {
    const next = document.createElement('html')
    next.innerHTML = '<head></head><body><main>Another</main></body>'
    document.documentElement.replaceWith(next)
  },
  'the document is written anew': () => {
    document.open()
    // oxlint-disable-next-line typescript/no-deprecated -- shops do it all the same
    document.write('<!doctype html><title>Shop</title><main>Written</main>')
    document.close()
  },
  'the body comes later than the document': () => {
    document.body.remove()
    setTimeout(() => document.documentElement.append(document.createElement('body')), 100)
  },
  'all that is in it moves into another element': () => {
    const box = document.createElement('div')
    box.append(...document.body.childNodes)
    document.body.append(box)
  },
}

t.test('the launcher is inserted again, once and with its conversation, when the body is replaced', async (t) => {
  const stage = await setStage(t)
  const { page } = await visitShop(t, stage, inHead)
  await writeIn(await openChat(page), 'written before')
  await entryIn(chatIn(page), 'written before').waitFor()
  await page.keyboard.press('Escape')
  for (const [name, change] of Object.entries(replacements)) {
    await replace(page, change)
    t.same(await countWidgets(page), one, name)
    await openChat(page)
    await writeIn(chatIn(page), name)
    await entryIn(chatIn(page), name).waitFor()
    await page.keyboard.press('Escape')
    await opener(page).waitFor()
  }
  t.same(stage.complaints(), [])
})

t.test('an open chat is open again after the body is replaced', async (t) => {
  const stage = await setStage(t)
  const { page } = await visitShop(t, stage, inHead)
  await openChat(page)
  await page.evaluate(() => document.body.replaceChildren())
  await chatIn(page).getByText('How can we help?').waitFor()
  await page.getByRole('button', { name: 'Close the support chat' }).waitFor()
  t.equal(await page.evaluate(() => document.activeElement?.localName), 'body', 'it does not ask for the focus again')
})

t.test('a tag that runs twice adds one launcher', async (t) => {
  const stage = await setStage(t)
  const { page, store } = await visitShop(t, stage, (origin, token) => inHead(origin, token) + inHead(origin, token))
  const addTag = (type: string) =>
    page.evaluate(
      async ([src, token, type]) => {
        const tag = Object.assign(document.createElement('script'), { src, type })
        tag.dataset['token'] = token
        const loaded = new Promise((resolve) => (tag.onload = resolve))
        document.body.append(tag)
        await loaded
      },
      [`${stage.node.origin}/widget.js`, store.token, type] as const,
    )
  for (const type of ['text/javascript', 'module', 'module', 'text/javascript']) await addTag(type)
  t.same(await countWidgets(page), one)
  t.equal(page.frames().length, 2, 'the shop and one chat')
  t.same(stage.complaints(), [])
})
