import type { Page, Route } from 'playwright-core'
import t, { type Test } from 'tap'
import { readConfig } from '../../../src/config/config.js'
import { until } from '../../../harness/until.js'
import { createTempFolder } from '../../support/temp-folder.js'
import { sees, write } from '../support/acts.js'
import { choose, picture, textFile } from '../support/files.js'
import { setStage } from '../support/stage.js'
import { signIn } from '../support/visitor.js'

/** The browser says in its console what is refused. */
const losesConnections = true
const send = (page: Page) => page.getByRole('button', { name: 'Send' }).click()
const draftOf = (page: Page, name: string) => page.locator('.entry.draft').filter({ hasText: name })
const contentsOf = (page: Page) => page.locator('.entry:not(.draft) .text').allTextContents()

/** Uploads crawl from now on. */
async function crawl(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 100_000,
  })
}

/** Lets go of an upload when the test says so. */
async function holdUploads(page: Page) {
  const held: Route[] = []
  await page.route('**/v1/chat/upload/', (route) => void held.push(route))
  return {
    next: async (): Promise<Route> => {
      await until(() => held.length > 0, 10_000, 'an upload')
      const [route] = held.splice(0, 1)
      if (route === undefined) throw new Error('There is an upload')
      return route
    },
  }
}

t.test('an upload shows its progress and can be cancelled', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const page = await stage.chat(store, { losesConnections })
  await crawl(page)
  await choose(page, textFile('large.txt', 'x'.repeat(1_000_000)))
  await send(page)
  const progress = page.getByRole('progressbar', { name: 'Uploading large.txt' })
  await until(async () => {
    const value = Number(await progress.getAttribute('value'))
    return value > 0 && value < 1
  }, 15_000)
  await draftOf(page, 'large.txt').getByRole('button', { name: 'Cancel' }).click()
  await page.locator('.entry').waitFor({ state: 'detached' })
  t.same(await stage.node.database.query('select from chat_file'), [])

  await choose(page, textFile('again.txt', 'x'.repeat(1_000_000)))
  await page.getByRole('textbox').fill('with words')
  await send(page)
  await draftOf(page, 'again.txt').getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('alert').getByText('Not sent: you cancelled the upload').waitFor()
  t.ok(await page.locator('.text', { hasText: 'with words' }).isVisible(), 'what was written is not lost')
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.locator('.entry').waitFor({ state: 'detached' })
  t.same(stage.complaints(), [])
})

t.test('a message after a file is sent as soon as the file is uploaded', async (t) => {
  const stage = await setStage(t)
  const page = await stage.chat(await stage.store(), { losesConnections })
  const uploads = await holdUploads(page)
  for (const name of ['one.txt', 'two.txt']) {
    await choose(page, textFile(name))
    await page.getByRole('textbox').fill(`with ${name}`)
    await send(page)
  }
  await write(page, 'last')
  const [one, two] = [await uploads.next(), await uploads.next()]
  await two.continue()
  await until(async () => (await draftOf(page, 'two.txt').getByRole('progressbar').count()) === 0, 10_000)
  t.same(await contentsOf(page), [], 'the second waits for the first')
  await one.continue()
  await sees(page, 'last')
  t.same(await contentsOf(page), ['with one.txt', 'with two.txt', 'last'])

  await choose(page, textFile('three.txt'))
  await send(page)
  await write(page, 'behind it')
  await draftOf(page, 'three.txt').getByRole('button', { name: 'Cancel' }).click()
  await sees(page, 'behind it')
  t.same(stage.complaints(), [])
})

t.test('an interrupted upload is retried; after a reload the page says that the file is lost', async (t) => {
  const stage = await setStage(t)
  const page = await stage.chat(await stage.store(), { losesConnections })
  const uploads = await holdUploads(page)
  await choose(page, picture('cut.png'))
  await send(page)
  await (await uploads.next()).abort('connectionreset')
  await (await uploads.next()).continue()
  await page.getByRole('button', { name: 'Open the picture cut.png' }).waitFor()
  t.equal(await page.locator('.entry').count(), 1)

  await choose(page, textFile('lost.txt'))
  await page.getByRole('textbox').fill('with words')
  await send(page)
  await uploads.next()
  await page.reload()
  await page.getByRole('alert').getByText('Not sent: the file is not on this page any more.').waitFor()
  t.ok(await draftOf(page, 'lost.txt').getByText('with words').isVisible())
  t.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0)
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.reload()
  await page.getByRole('button', { name: 'Open the picture cut.png' }).waitFor()
  t.equal(await page.locator('.entry').count(), 1)
  t.same(stage.complaints(), [])
})

for (const withLocks of [true, false]) {
  const where = withLocks ? '' : ', nor in a browser without locks'
  t.test(`another tab does not say that a file is lost while its own tab uploads it${where}`, (t) =>
    uploadInOtherTab(t, withLocks),
  )
}

async function uploadInOtherTab(t: Test, withLocks: boolean): Promise<void> {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store, { losesConnections })
  // As where the page is not served by HTTPS.
  if (!withLocks) await page.context().addInitScript({ content: 'delete Navigator.prototype.locks' })
  await page.goto(`${stage.node.origin}/chat/`)
  await signIn(page, store.token)
  const uploads = await holdUploads(page)
  const begin = async (name: string) => {
    await choose(page, textFile(name))
    await page.getByRole('textbox').fill(`with ${name}`)
    await send(page)
    return uploads.next()
  }
  const openTab = async () => {
    const tab = await page.context().newPage()
    await tab.goto(`${stage.node.origin}/chat/`)
    await signIn(tab, store.token)
    return tab
  }
  const upload = await begin('one.txt')
  const other = await openTab()
  await draftOf(other, 'one.txt').waitFor()
  t.equal(await other.getByText('Not sent: ').count(), 0)
  await upload.continue()
  await sees(other, 'with one.txt')
  await draftOf(other, 'one.txt').waitFor({ state: 'detached' })
  t.same(await contentsOf(other), ['with one.txt'])

  await begin('two.txt')
  const last = await openTab()
  await draftOf(last, 'two.txt').waitFor()
  t.equal(await last.getByText('Not sent: ').count(), 0)
  await page.close()
  await last.getByRole('alert').getByText('Not sent: the file is not on this page any more.').waitFor()
  t.same(await contentsOf(last), ['with one.txt'])
  t.same(stage.complaints(), [])
}

t.test('every refused upload shows its reason', async (t) => {
  const environment = { UPLOAD_MAX_BYTES: '1000', FILES_DIR: await createTempFolder(t) }
  const { files } = readConfig(environment)
  const stage = await setStage(t, { config: { files } })
  const store = await stage.store()
  const { page } = await stage.visitor(store, { losesConnections })
  // The pauses between the tries are short ones.
  await page.addInitScript({ content: 'Math.random = () => 0' })
  await page.goto(`${stage.node.origin}/chat/`)
  await signIn(page, store.token)
  const refusal = page.getByRole('alert')
  const isToldFor = async (file: Parameters<typeof choose>[1], word: string) => {
    await choose(page, file)
    await send(page)
    await refusal.getByText(word).waitFor()
    await page.getByRole('button', { name: 'Discard' }).click()
    await refusal.waitFor({ state: 'detached' })
  }
  await isToldFor(textFile('a.txt', 'x'.repeat(1001)), 'the file is too large')
  await isToldFor(textFile('a.exe'), 'files of this type are not accepted')
  await isToldFor(
    { ...textFile('a.png', 'no picture'), mimeType: 'image/png' },
    'or the file is not what its name says',
  )
  await isToldFor(textFile('empty.txt', ''), 'the file is empty')
  for (const [status, wait, word] of [
    [422, '', 'the virus scanner found something in this file'],
    [429, '50000', 'too many files for now. Please try again in 1 hr at the earliest.'],
    [429, '600', 'too many files for now. Please try again in 10 min at the earliest.'],
    [503, '120', 'files cannot be stored at the moment'],
  ] as const) {
    const body = JSON.stringify({ success: false, message: 'of the service' })
    await page.route('**/v1/chat/upload/', (route) =>
      route.fulfill({ status, body, ...(wait !== '' && { headers: { 'retry-after': wait } }) }),
    )
    await isToldFor(textFile('a.txt'), word)
    await page.unroute('**/v1/chat/upload/')
  }

  await page.route('**/v1/chat/upload/', (route) => route.abort('connectionreset'))
  await choose(page, textFile('a.txt'))
  await send(page)
  await refusal.getByText('the connection broke during the upload').waitFor()
  await page.unroute('**/v1/chat/upload/')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('link', { name: 'a.txt' }).waitFor()
  t.equal(await page.locator('.entry').count(), 1)
  t.same(stage.complaints(), [])
})
