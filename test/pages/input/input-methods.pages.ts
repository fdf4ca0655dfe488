import type { Page } from 'playwright-core'
import t from 'tap'
import { claim, row, sees, write } from '../support/acts.js'
import { startShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

/** Drives an input method as the system does: it composes a text, gets keys, and commits the choice. */
async function startInputMethod(page: Page) {
  const devtools = await page.context().newCDPSession(page)
  return {
    compose: (text: string) =>
      devtools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length }),
    /** A key that the input method consumes. Chrome also sets `isComposing`; Safari only sets this code. */
    async key(key: string) {
      for (const type of ['rawKeyDown', 'keyUp'] as const) {
        await devtools.send('Input.dispatchKeyEvent', { type, key, code: key, windowsVirtualKeyCode: 229 })
      }
    },
    commit: (text: string) => devtools.send('Input.insertText', { text }),
  }
}

t.test('Enter and Escape belong to the input method while it composes, and right after', async (t) => {
  const stage = await setStage(t)
  const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
  const chat = await stage.chat(store)
  await write(chat, 'Hello')
  const desk = await stage.console(admin)
  await claim(desk, 'Tech Store')
  for (const page of [chat, desk]) {
    const method = await startInputMethod(page)
    const field = page.locator('[data-composer]')
    await field.focus()
    await method.compose('にほん')
    await method.key('Enter')
    await method.key('Escape')
    await method.commit('日本')
    // Safari has ended the composition when the key that ended it comes.
    await method.key('Enter')
    await method.key('Escape')
    t.equal(await field.inputValue(), '日本', 'nothing was sent')
    t.ok(await field.evaluate((element) => element === document.activeElement), 'nor was the field left')
    await field.press('Enter')
    await sees(page, '日本')
  }
  const method = await startInputMethod(desk)
  await desk.locator('[data-act=transfer]').click()
  await desk.locator('dialog[open] input').fill('٤۲１')
  t.equal(await desk.locator('dialog[open] input').inputValue(), '421', 'digits of every keyboard are digits')
  await method.key('Escape')
  t.equal(await desk.locator('dialog[open]').count(), 1, 'a dialog stays open')
  await desk.keyboard.press('Escape')
  await desk.locator('[data-act=notifications]').click()
  await desk.locator('.notices').waitFor()
  await method.key('Escape')
  t.equal(await desk.locator('.notices').count(), 1, 'the notifications stay open')
  await desk.keyboard.press('Escape')
  await desk.locator('.bar h1').click()
  await method.key('Escape')
  t.equal(await desk.locator('[data-composer]').count(), 1, 'the conversation stays open')
  t.same(stage.complaints(), [])
})

t.test('Escape that cancels a composition does not close the widget', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  await page.goto(await startShop(t, stage.node.origin, store.token))
  await page.getByRole('button', { name: 'Open the support chat' }).click()
  const field = page.frameLocator('iframe').locator('[data-composer]')
  await field.focus()
  const method = await startInputMethod(page)
  await method.compose('に')
  await method.key('Escape')
  await method.compose('')
  await method.key('Escape')
  // Messages of the frame to the page arrive before its answer.
  await field.fill('still here')
  t.ok(await page.locator('iframe').isVisible())
  await page.keyboard.press('Escape')
  await page.locator('iframe').waitFor({ state: 'hidden' })
  t.same(stage.complaints(), [])
})

t.test('on a touch screen Enter starts a new line, and the button sends', async (t) => {
  const stage = await setStage(t)
  const chat = await stage.chat(await stage.store(), { isMobile: true, hasTouch: true })
  const field = chat.getByRole('textbox', { name: 'Write a message' })
  await field.fill('one')
  await field.press('Enter')
  await field.pressSequentially('two')
  t.equal(await field.inputValue(), 'one\ntwo')
  t.equal(await field.getAttribute('enterkeyhint'), 'enter')
  await chat.getByRole('button', { name: 'Send' }).tap()
  await sees(chat, 'two')
  t.equal(await chat.locator('.own .text').textContent(), 'one\ntwo')
  await field.fill('three')
  await field.press('Control+Enter')
  await sees(chat, 'three')
  t.same(stage.complaints(), [])
})

t.test('shortcuts work on a keyboard without Latin letters', async (t) => {
  const stage = await setStage(t)
  await stage.post('store/message/', await stage.store({ name: 'Tech Store' }), { content: 'Привет' })
  const desk = await stage.console(await stage.admin())
  await row(desk, 'Tech Store').waitFor()
  await desk.locator('#tab-own').click()
  const press = (key: string, code: string) =>
    desk.evaluate(
      ([key, code]) => {
        const target = document.activeElement ?? document.body
        target.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true, cancelable: true }))
      },
      [key, code] as const,
    )
  await press('ц', 'KeyW')
  await row(desk, 'Tech Store').and(desk.locator(':focus')).waitFor()
  await desk.keyboard.press('Enter')
  await desk.getByRole('button', { name: 'Claim' }).waitFor()
  await press('ؤ', 'KeyC')
  await desk.locator('textarea:focus').waitFor()
  await desk.keyboard.press('Escape')
  await press('؟', 'Slash')
  await desk.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  t.same(stage.complaints(), [])
})
