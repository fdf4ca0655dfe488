import t from 'tap'
import { chatIn, closer, openChat, opener } from '../support/launcher.js'
import { serveShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

t.test(
  'an open chat is open on the next page of the shop, with its unsent text, and does not take the focus',
  async (t) => {
    const stage = await setStage(t)
    const store = await stage.store()
    const { page } = await stage.visitor(store)
    const tag = `<script src="${stage.node.origin}/widget.js" data-token="${store.token}" async></script>`
    const shop = await serveShop(t, { pages: { '/': tag, '/next': tag } })
    await page.goto(shop)
    await opener(page).waitFor()
    const chat = await openChat(page)
    await chat.getByRole('textbox', { name: 'Write a message' }).fill('half a question')

    await page.goto(`${shop}/next`)
    await closer(page).waitFor()
    const field = chatIn(page).getByRole('textbox', { name: 'Write a message' })
    await field.waitFor()
    await chatIn(page).getByText('Connected', { exact: true }).waitFor({ state: 'attached' })
    t.equal(await field.inputValue(), 'half a question')
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'BODY')

    await closer(page).click()
    await page.goto(shop)
    await opener(page).waitFor()
    t.equal(await page.locator('iframe').isVisible(), false)

    await openChat(page)
    await page.evaluate('storeChat.signOut()')
    await page.goto(`${shop}/next`)
    await opener(page).waitFor()
    t.equal(await page.locator('iframe').isVisible(), false, 'whoever signs in next begins anew')
    t.same(stage.complaints(), [])
  },
)
