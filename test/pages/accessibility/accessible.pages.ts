import type { Page } from 'playwright-core'
import t from 'tap'
import { search } from '../../support/chat/search.js'
import { claim, row, sees, write } from '../support/acts.js'
import { findBarriers } from '../support/barriers.js'
import { setStage } from '../support/stage.js'

const scrollsSideways = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
const phone = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true }

for (const [name, options] of [
  ['a desk', {}],
  ['a phone', phone],
] as const) {
  t.test(`on ${name} axe finds no accessibility violation in any state of the pages`, async (t) => {
    const stage = await setStage(t)
    const check = async (page: Page, state: string) => {
      t.same(await findBarriers(page), [], state)
      t.notOk(await scrollsSideways(page), `${state}: nothing is cut off at the side`)
    }
    const [store, admin] = [
      await stage.store({ name: `Tech ${'and More '.repeat(12)}Store` }),
      await stage.supervisor(),
    ]
    const { page: visitor } = await stage.visitor(admin, options)
    for (const path of ['/console/', '/chat/']) {
      await visitor.goto(`${stage.node.origin}${path}`)
      await visitor.getByLabel('Token').waitFor()
      await check(visitor, `${path} signed out`)
    }
    await visitor.getByLabel('Token').fill('wrong')
    await visitor.keyboard.press('Enter')
    await visitor.getByRole('alert').waitFor()
    await check(visitor, 'a wrong token')

    const [desk, chat] = [await stage.console(admin, options), await stage.chat(store, options)]
    await desk.getByText('Nobody is waiting').waitFor()
    await check(desk, 'nobody waits')
    await check(chat, 'nothing is written')
    await write(chat, `My order has not arrived, see https://shop.example/orders/4711 ${'x'.repeat(300)}`)
    await row(desk, 'Tech').waitFor()
    await check(desk, 'one waits')
    await desk.locator('[data-act=filter]').click()
    await check(desk, 'a filter')
    await desk.locator('[data-act=select]').click()
    await desk.getByRole('checkbox', { name: /^Select Tech/ }).check()
    await check(desk, 'several are chosen')
    await desk.locator('.bulk').getByRole('button', { name: 'Done' }).click()
    await row(desk, 'Tech').click()
    await sees(desk, 'My order')
    await check(desk, 'before the claim')
    if (name === 'a phone') await desk.getByRole('button', { name: 'Back to the list' }).click()
    await claim(desk, 'Tech')
    await write(desk, 'I look into it')
    await sees(chat, 'I look into it')
    await desk.getByRole('textbox', { name: 'Write an answer' }).pressSequentially('And')
    await chat.getByText('Support is typing').waitFor()
    await check(desk, 'a conversation')
    await check(chat, 'a conversation of the store')
    await desk.getByRole('textbox', { name: 'Write an answer' }).fill('/')
    await desk.locator('.canned').waitFor()
    await check(desk, 'canned replies')
    await desk.getByRole('textbox', { name: 'Write an answer' }).fill('')
    await desk.getByRole('button', { name: 'Internal note' }).click()
    await desk.locator('[data-note]').fill('only among us')
    await desk.getByRole('button', { name: 'Save note' }).click()
    await desk.getByRole('article').waitFor()
    await check(desk, 'a note')
    await desk.getByRole('button', { name: 'To the store' }).click()
    if (name === 'a phone') {
      await desk.locator('[data-act=details]').click()
      await check(desk, 'the store, over the conversation')
      await desk.keyboard.press('Escape')
    }
    await desk.getByRole('button', { name: /^Notifications/ }).click()
    await desk.getByRole('region', { name: 'Notifications' }).getByText('My order').waitFor()
    await check(desk, 'notifications')
    await desk.keyboard.press('Escape')
    await desk.getByRole('button', { name: 'Transfer' }).click()
    await check(desk, 'a dialog')
    await desk.getByLabel('Name or number').fill('999999999')
    await desk.keyboard.press('Enter')
    await desk.getByRole('alert').getByText('Admin not found').waitFor()
    await check(desk, 'an error')
    await chat.getByRole('button', { name: 'End', exact: true }).click()
    await chat.getByRole('button', { name: 'End conversation' }).click()
    await chat.getByText('This conversation has ended').waitFor()
    await desk.getByText('This conversation has ended').waitFor()
    await check(desk, 'an end')
    await check(chat, 'an end of the store')
    await chat.getByRole('radio', { name: '4 of 5' }).check({ force: true })
    await check(chat, 'a rating')
    await desk.getByRole('button', { name: 'Reports' }).click()
    await desk.getByRole('table').waitFor()
    await check(desk, 'reports')
    await desk.getByRole('button', { name: 'Reports' }).click()
    if (name === 'a phone') await desk.getByRole('button', { name: 'Back to the list' }).click()
    await search(stage, admin, 'order')
    await desk.locator('[data-search]').fill('nothing like it')
    await desk.getByText('0 messages found').waitFor()
    await check(desk, 'a search')
    await desk.locator('[data-act=filter]').click()
    await desk.locator('[data-store]').waitFor()
    await check(desk, 'a search that is narrowed')
  })
}
