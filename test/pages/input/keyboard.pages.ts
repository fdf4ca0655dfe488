import type { Page } from 'playwright-core'
import t from 'tap'
import { claim, hasTick, holdRequests, row, sees } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
  })

t.test('an admin can do everything with the keyboard, from signing in to closing a session', async (t) => {
  const stage = await setStage(t)
  const admin = await stage.admin()
  const stores = [await stage.store({ name: 'First Shop' }), await stage.store({ name: 'Second Shop' })]
  for (const store of stores) await stage.post('store/message/', store, { content: 'Hello' })
  const { page } = await stage.visitor(admin)
  const { keyboard } = page
  await page.goto(`${stage.node.origin}/console/`)
  await page.locator('input:focus').waitFor()
  await keyboard.type(admin.token)
  await keyboard.press('Enter')
  await row(page, 'First Shop').waitFor()

  await keyboard.press('w')
  await row(page, 'First Shop').and(page.locator(':focus')).waitFor()
  await keyboard.press('ArrowDown')
  await row(page, 'Second Shop').and(page.locator(':focus')).waitFor()
  t.equal(await page.locator('.row[tabindex="0"]').count(), 1, 'one row takes part in the order of Tab')
  await keyboard.press('Enter')
  await page.getByRole('button', { name: 'Claim' }).waitFor()
  t.match(await focused(page), 'Second Shop', 'the focus is on what was opened')
  await keyboard.press('c')
  await page.locator('textarea:focus').waitFor()

  await keyboard.type('one')
  await keyboard.press('Shift+Enter')
  await keyboard.type('two, with w x c n ?')
  await keyboard.press('Enter')
  await sees(page, 'two, with w x c n ?')
  t.equal(await page.locator('.own .text').textContent(), 'one\ntwo, with w x c n ?')
  await hasTick(page, 'two, with', 'Sent')

  await keyboard.press('Escape')
  await row(page, 'Second Shop').and(page.locator(':focus')).waitFor()
  await keyboard.press('r')
  await page.locator('textarea:focus').waitFor()
  await keyboard.press('Escape')
  await keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  await keyboard.press('Escape')
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'hidden' })
  t.match(await focused(page), 'Second Shop', 'a dialog gives the focus back')

  await keyboard.press('n')
  await page.getByRole('region', { name: 'Notifications' }).waitFor()
  await keyboard.press('Escape')
  await page.getByRole('region', { name: 'Notifications' }).waitFor({ state: 'detached' })

  await keyboard.press('x')
  const closing = page.getByRole('dialog', { name: 'Close this conversation?' })
  await closing.waitFor()
  t.equal(await focused(page), 'Cancel', 'what harms is not chosen beforehand')
  await keyboard.press('Tab')
  await keyboard.press('Enter')
  await page.getByText('This conversation has ended.').waitFor()
  await keyboard.press('Escape')
  await page.getByText('No conversation chosen').waitFor()
  t.same(stage.complaints(), [])
})

t.test('a key that follows a shortcut at once belongs to what the shortcut has opened', async (t) => {
  const stage = await setStage(t)
  await stage.post('store/message/', await stage.store({ name: 'Tech Store' }), { content: 'Hello' })
  const page = await stage.console(await stage.admin())
  await claim(page, 'Tech Store')
  // Presses keys as fast as a blocked page hands them out: without a frame between them.
  const press = (...keys: string[]) =>
    page.evaluate(async (keys) => {
      const focused: string[] = []
      for (const key of keys) {
        const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
        document.activeElement?.dispatchEvent(event)
        // Rendering and what follows it take a few microtasks.
        for (let turn = 0; turn < 10; turn++) await Promise.resolve()
        const { activeElement } = document
        focused.push(activeElement?.getAttribute('aria-label') ?? activeElement?.textContent ?? '')
      }
      return focused
    }, keys)
  await page.locator('textarea:focus').press('Escape')
  await row(page, 'Tech Store').and(page.locator(':focus')).waitFor()
  const [notices, bell] = await press('n', 'Escape')
  t.equal(notices, 'Notifications')
  t.match(bell, /notification/i, 'the conversation is still open, and the focus is back on the button')
  t.same(await press('g'), ['Add a tag'])
  await page.locator('[data-tag]').press('Escape')
  await row(page, 'Tech Store').focus()
  t.same(await press('i', 'Escape'), ['A note that only admins see', 'Write an answer'])
  await row(page, 'Tech Store').focus()
  t.same(await press('r'), ['Write an answer'])
  t.same(stage.complaints(), [])
})

t.test('a note in progress stays a note when the session is claimed meanwhile', async (t) => {
  const stage = await setStage(t)
  await stage.post('store/message/', await stage.store({ name: 'Tech Store' }), { content: 'Hello' })
  const page = await stage.console(await stage.admin())
  const { keyboard } = page
  const [note, composer] = [page.locator('[data-note]'), page.locator('[data-composer]')]
  const letClaim = await holdRequests(page, '**/session/claim/')
  await row(page, 'Tech Store').click()
  await page.getByRole('button', { name: 'Claim' }).waitFor()
  await keyboard.press('c')
  await keyboard.press('i')
  await note.and(page.locator(':focus')).waitFor()
  await keyboard.type('half ')
  letClaim()
  await page.getByRole('button', { name: 'Release' }).waitFor()
  await page.getByRole('tab', { name: /^Mine/, selected: true }).waitFor()
  await keyboard.type('in it')
  t.equal(await note.inputValue(), 'half in it')
  await note.blur()
  await keyboard.press('i')
  await note.and(page.locator(':focus')).waitFor()
  await note.blur()
  await keyboard.press('r')
  await composer.and(page.locator(':focus')).waitFor()
  await page.getByRole('button', { name: 'Internal note' }).click()
  await note.press('Escape')
  await composer.and(page.locator(':focus')).waitFor()
  await page.locator('[data-search]').fill('nothing like it')
  await composer.press('Escape')
  await page.locator('[data-search]:focus').waitFor()
  await keyboard.press('Escape')
  await row(page, 'Tech Store').focus()
  await keyboard.press('s')
  await page.getByRole('toolbar').waitFor()
  await keyboard.press('w')
  await page.getByRole('toolbar').waitFor({ state: 'detached' })
  t.same(stage.complaints(), [])
})

t.test('a store can do everything with the keyboard, and Enter during a composition sends nothing', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  await page.goto(`${stage.node.origin}/chat/`)
  await page.locator('input:focus').waitFor()
  await page.keyboard.type(store.token)
  await page.keyboard.press('Enter')
  const field = page.getByRole('textbox', { name: 'Write a message' })
  await field.focus()
  await page.keyboard.type('draft')
  await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true })
  t.equal(await field.inputValue(), 'draft')
  await page.keyboard.press('Enter')
  await sees(page, 'draft')
  t.ok(await field.evaluate((element) => element === document.activeElement))
  t.same(stage.complaints(), [])
})

t.test('the focus moves to another row when the focused row leaves the list', async (t) => {
  const stage = await setStage(t)
  const [first, second] = [await stage.store({ name: 'First Shop' }), await stage.store({ name: 'Second Shop' })]
  const { body } = await stage.post('store/message/', first, { content: 'Hello' })
  await stage.post('store/message/', second, { content: 'Hello' })
  const page = await stage.console(await stage.admin())
  await row(page, 'First Shop').focus()
  await stage.post('admin/session/claim/', await stage.admin(), { session_id: body.session.id })
  await row(page, 'Second Shop').and(page.locator(':focus')).waitFor()
  t.equal(await row(page, 'First Shop').count(), 0)
  t.same(stage.complaints(), [])
})

t.test('single-key shortcuts can be turned off', async (t) => {
  const stage = await setStage(t)
  const page = await stage.console(await stage.admin())
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
  await page.getByLabel('Single keys are shortcuts').uncheck()
  await page.keyboard.press('Escape')
  await page.keyboard.press('n')
  await page.keyboard.press('m')
  t.equal(await page.getByRole('region', { name: 'Notifications' }).count(), 0)
  await page.getByRole('tab', { name: /^Waiting/, selected: true }).waitFor()
  t.same(stage.complaints(), [])
})
