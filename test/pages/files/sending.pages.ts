import t from 'tap'
import { until } from '../../../harness/until.js'
import { claim, row, sees } from '../support/acts.js'
import { bring, choose, loadedPictures, namesChosen, picture, sizesOf, textFile } from '../support/files.js'
import { chatIn, openChat } from '../support/launcher.js'
import { serveShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

t.test('files are chosen, dropped and pasted, previewed, and sent with a text, in order', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store({ name: 'Tech Store' })
  const page = await stage.chat(store)
  const field = page.getByRole('textbox', { name: 'Write a message' })
  const send = page.getByRole('button', { name: 'Send' })
  t.ok(await send.isDisabled())

  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Attach files' }).click()
  t.ok((await chooser).isMultiple())
  t.match(await page.locator('input[type=file]').getAttribute('accept'), /^image\/\*,/, 'phones offer the camera')
  await (await chooser).setFiles([picture('a.png', 640, 480), textFile('list.csv')])

  t.ok(await bring(page, 'dragover', 'body', { files: [picture('b.png')] }), 'without it there is no drop')
  await page.getByText('Drop the files here').waitFor()
  await bring(page, 'dragleave', 'body', {})
  await page.getByText('Drop the files here').waitFor({ state: 'detached' })
  t.ok(await bring(page, 'drop', '.log-frame, main', { files: [picture('b.png'), picture('c.png')] }))
  t.ok(await bring(page, 'paste', 'textarea', { files: [picture('image.png')] }))
  t.same(await namesChosen(page), ['a.png', 'list.csv', 'b.png', 'c.png', 'image.png'])
  await until(async () => (await page.locator('.tray canvas').count()) === 4, 10_000, 'the pictures are shown')
  await page.getByRole('button', { name: 'Remove c.png' }).click()
  t.equal(await page.evaluate(() => document.activeElement?.tagName), 'TEXTAREA', 'the focus is not lost')

  await field.fill('These are them')
  await field.press('Enter')
  await sees(page, 'These are them')
  await until(async () => (await page.locator('.entry.draft').count()) === 0, 20_000, 'all is sent')
  t.same(await namesChosen(page), [])
  const { body } = await stage.get('store/messages/', store)
  t.match(
    body.data.map(({ content, attachment_type, attachment_url }: Record<string, string>) => [
      content,
      attachment_type,
      attachment_url?.split('/').at(-1),
    ]),
    [
      ['These are them', 'image/png', 'a.png#640x480'],
      ['', 'text/csv', 'list.csv'],
      ['', 'image/png', 'b.png#8x6'],
      ['', 'image/png', 'image.png#8x6'],
    ],
  )

  const admin = await stage.admin()
  const desk = await stage.console(admin)
  await claim(desk, 'Tech Store')
  t.same(await sizesOf(loadedPictures(desk).first()), { own: [640, 480], shown: [320, 240] }, 'in its proportions')
  await desk.getByText(/^CSV · 11 byte$/).waitFor()
  t.match(
    await desk.getByRole('link', { name: 'list.csv' }).getAttribute('href'),
    /\/v1\/chat\/files\/[\w-]{22}\/list\.csv$/,
  )
  await choose(desk, picture('answer.png', 20, 10))
  await desk.getByRole('button', { name: 'Send' }).click()
  const answer = page.getByRole('button', { name: 'Open the picture answer.png' }).getByRole('img')
  t.same(await sizesOf(answer), { own: [20, 10], shown: [20, 10] }, 'none is enlarged')
  t.same(stage.complaints(), [])
})

t.test('each session of an admin keeps its chosen files', async (t) => {
  const stage = await setStage(t)
  for (const name of ['First Shop', 'Second Shop'])
    await stage.post('store/message/', await stage.store({ name }), { content: 'Hello' })
  const desk = await stage.console(await stage.admin())
  await claim(desk, 'First Shop')
  await choose(desk, textFile('first.txt'))
  await claim(desk, 'Second Shop')
  t.same(await namesChosen(desk), [])
  await row(desk, 'First Shop').click()
  await desk.locator('.tray').waitFor()
  t.same(await namesChosen(desk), ['first.txt'])
  t.same(stage.complaints(), [])
})

t.test('text pasted with a picture of itself stays text, and a drop never navigates away', async (t) => {
  const stage = await setStage(t)
  const [store, admin] = [await stage.store(), await stage.admin()]
  const page = await stage.chat(store)
  const files = [picture('cells.png')]
  t.notOk(await bring(page, 'paste', 'textarea', { files, text: 'A1\tB1' }))
  t.notOk(await bring(page, 'drop', 'textarea', { text: 'words' }), 'text may be dropped into the field')
  t.ok(await bring(page, 'drop', 'body', { text: 'https://elsewhere.example/' }), 'an address beside it leads nowhere')
  t.same(await namesChosen(page), [])

  const desk = await stage.console(admin)
  t.ok(await bring(desk, 'drop', 'body', { files }), 'also where there is nothing to write')
  const { page: visitor } = await stage.visitor(store)
  await visitor.goto(`${stage.node.origin}/console/`)
  await visitor.getByLabel('Token').waitFor()
  t.ok(await bring(visitor, 'drop', 'body', { files }), 'or nobody is signed in')
  t.same(stage.complaints(), [])
})

t.test('the widget sends and shows files, in a page that is isolated from other origins, too', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  const tag = `<script src="${stage.node.origin}/widget.js" data-token="${store.token}" defer></script>`
  const headers = { 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-opener-policy': 'same-origin' }
  await page.goto((await serveShop(t, { pages: { '/': tag }, headers })).replace('127.0.0.1', 'localhost'))
  const chat = await openChat(page)
  await choose(chat, picture('a.png', 30, 20))
  await chat.getByRole('button', { name: 'Send' }).click()
  t.same((await sizesOf(loadedPictures(chat).first())).own, [30, 20])
  await chat.getByRole('button', { name: 'Open the picture a.png' }).click()
  await chat.getByRole('dialog', { name: 'a.png' }).waitFor()
  await page.keyboard.press('Escape')
  await chat.getByRole('dialog').waitFor({ state: 'detached' })
  t.ok(await chatIn(page).getByRole('textbox').isVisible(), 'Escape has closed the picture alone')
  t.same(stage.complaints(), [])
})
