import t, { type Test } from 'tap'
import { startPathProxy } from '../../support/nodes/path-proxy.js'
import { claim, sees, write } from '../support/acts.js'
import { chatIn, entryIn, openChat, writeIn } from '../support/launcher.js'
import { serveShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

/** A stage whose node is behind a proxy, below a path. */
async function setStageUnderPath(t: Test, isStripped: boolean) {
  const proxy = await startPathProxy(t, { path: '/support', isStripped })
  const base = `${proxy.origin}/support`
  const stage = await setStage(t, { config: { publicUrl: base } })
  proxy.lead(stage.node)
  return { stage, base }
}

for (const isStripped of [true, false]) {
  t.test(`everything works under a path that the proxy ${isStripped ? 'takes off' : 'leaves'}`, async (t) => {
    const { stage, base } = await setStageUnderPath(t, isStripped)
    const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]

    const chat = await stage.chat(store, { origin: base })
    await write(chat, 'Hello from the chat')
    await sees(chat, 'Hello from the chat')
    const desk = await stage.console(admin, { origin: base })
    await claim(desk, 'Tech Store')
    await write(desk, 'Hello from the desk')
    await sees(chat, 'Hello from the desk')

    const { page } = await stage.visitor(store)
    await page.goto(
      await serveShop(t, {
        pages: { '/': `<script src="${base}/widget.js" data-token="${store.token}" defer></script>` },
      }),
    )
    await openChat(page)
    await entryIn(chatIn(page), 'Hello from the desk').waitFor()
    await writeIn(chatIn(page), 'Hello from the shop')
    await sees(desk, 'Hello from the shop')

    for (const name of ['console', 'chat', 'widget']) {
      await desk.goto(`${base}/${name}?a=b`)
      t.equal(desk.url(), `${base}/${name}/?a=b`, 'without its final slash')
    }
    const kept = await chat.evaluate(() => Object.keys(sessionStorage).toSorted())
    t.same(kept, ['store-chat/support.chat.token', 'store-chat/support.tab'])
    t.same(stage.complaints(), [])
  })

  t.test(
    `the API documentation calls the service under a path that the proxy ${isStripped ? 'takes off' : 'leaves'}`,
    async (t) => {
      const { stage, base } = await setStageUnderPath(t, isStripped)
      const { page, complaints } = await stage.visitor(await stage.store())
      // Without the final slash, the page refers to its files by absolute paths.
      await page.goto(`${base}${isStripped ? '/docs' : '/docs/'}`)
      const route = page.locator('.opblock').filter({ hasText: '/health/live/' })
      await route.click()
      await route.getByRole('button', { name: 'Try it out' }).click()
      await route.getByRole('button', { name: 'Execute' }).click()
      await route.locator('.live-responses-table .response').getByText('200').waitFor()
      const link = page.getByRole('link', { name: 'an AsyncAPI document' })
      const document = await link.evaluate(async (a: HTMLAnchorElement) => (await fetch(a.href)).json())
      t.match(document, { asyncapi: '3.0.0' })
      // Scripts of that page set styles that its policy refuses, with and without a path.
      t.same(
        complaints.filter((line) => !line.includes('inline style')),
        [],
      )
    },
  )
}
