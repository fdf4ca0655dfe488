import type { Page } from 'playwright-core'
import t from 'tap'
import { setStage } from '../support/stage.js'

/** Lets go of something over an element, or pastes it there. Returns whether the page kept the browser from its own way. */
const bring = (
  page: Page,
  kind: 'dragover' | 'drop' | 'paste',
  selector: string,
  what: { file?: string; text?: string },
) =>
  page.evaluate(
    ([kind, selector, { file, text }]) => {
      const data = new DataTransfer()
      if (file !== undefined) data.items.add(new File(['content'], file, { type: 'image/png' }))
      if (text !== undefined) data.setData('text/plain', text)
      const init = { bubbles: true, cancelable: true }
      const event =
        kind === 'paste'
          ? new ClipboardEvent(kind, { ...init, clipboardData: data })
          : new DragEvent(kind, { ...init, dataTransfer: data })
      return document.querySelector(selector)?.dispatchEvent(event) === false
    },
    [kind, selector, what] as const,
  )

const word = 'Files cannot be sent here. Send a link to the file instead.'

t.test('a file that is dropped or pasted does not navigate away, and a word says what to do instead', async (t) => {
  const stage = await setStage(t)
  const [store, admin] = [await stage.store(), await stage.admin()]
  const page = await stage.chat(store)
  const field = page.getByRole('textbox', { name: 'Write a message' })
  for (const [kind, selector] of [
    ['drop', 'textarea'],
    ['drop', 'body'],
    ['paste', 'textarea'],
  ] as const) {
    await field.fill('')
    await field.fill('half a question')
    t.equal(await page.getByText(word).count(), 0)
    if (kind === 'drop') t.ok(await bring(page, 'dragover', selector, { file: 'a.png' }), 'without it there is no drop')
    t.ok(await bring(page, kind, selector, { file: 'a.png' }), `${kind} on ${selector}`)
    await page.getByRole('alert').getByText(word).waitFor()
    t.equal(await field.inputValue(), 'half a question')
  }
  t.notOk(
    await bring(page, 'paste', 'textarea', { file: 'cells.png', text: 'A1\tB1' }),
    'text with its picture is text',
  )
  t.notOk(await bring(page, 'drop', 'textarea', { text: 'words' }), 'text may be dropped into the field')
  t.ok(await bring(page, 'drop', 'body', { text: 'https://elsewhere.example/' }), 'an address beside it leads nowhere')

  const desk = await stage.console(admin)
  t.ok(await bring(desk, 'drop', 'body', { file: 'a.png' }), 'also where there is nothing to write')
  const { page: visitor } = await stage.visitor(store)
  await visitor.goto(`${stage.node.origin}/console/`)
  await visitor.getByLabel('Token').waitFor()
  t.ok(await bring(visitor, 'drop', 'body', { file: 'a.png' }), 'or nobody is signed in')
  t.same(stage.complaints(), [])
})
