import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { until } from '../../../harness/until.js'
import { storeFile } from '../../support/files/uploads.js'
import { sees } from '../support/acts.js'
import { findBarriers } from '../support/barriers.js'
import { choose, loadedPictures, picture, sizesOf, textFile } from '../support/files.js'
import { readTexts } from '../support/page-modules.js'
import { setStage, type Stage } from '../support/stage.js'
import { findTooWide } from '../support/too-wide.js'

type Account = Awaited<ReturnType<Stage['store']>>

/** Sends a picture as an app does that says nothing of its size, or as the pages do. */
async function sendPicture(stage: Stage, account: Account, name: string, [width, height]: [number, number], hash = '') {
  const url = await storeFile(stage.node, account, { name, bytes: picture(name, width, height).buffer })
  await stage.post('store/message/', account, { attachment_url: `${url}${hash}`, attachment_type: 'image/png' })
}

/** Pictures come when the test says so. */
async function holdPictures(page: Page): Promise<() => void> {
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/v1/chat/files/**', async (route) => {
    await released
    await route.continue()
  })
  return release
}

/** What moves is put back before it is painted. */
const isPainted = (page: Page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))

const topOf = async (element: Locator) => Math.round((await element.boundingBox())?.y ?? NaN)
const isLoaded = (image: Locator) => image.evaluate((image) => (image as HTMLImageElement).naturalWidth > 0)

t.test('loading a picture does not move the visible messages', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store({ name: 'Tech Store' })
  const say = (content: string) => stage.post('store/message/', store, { content })
  await sendPicture(stage, store, 'unknown.png', [300, 320])
  for (let n = 0; n < 4; n++) await say(`before ${n} ${'long '.repeat(150)}`)
  await sendPicture(stage, store, 'known.png', [300, 320], '#300x320')
  await say('behind it')
  for (let n = 0; n < 4; n++) await say(`after ${n} ${'long '.repeat(150)}`)
  await sendPicture(stage, store, 'end.png', [300, 320])
  await say('the end')

  const { page } = await stage.visitor(store)
  const release = await holdPictures(page)
  await page.goto(`${stage.node.origin}/chat/`)
  await page.locator('input[name=token]').fill(store.token)
  await page.keyboard.press('Enter')
  await sees(page, 'the end')
  const entry = (text: string) => page.locator('.entry').filter({ hasText: text })
  const image = (name: string) => page.locator(`img[src$="/${name}"]`)
  const atEnd = await topOf(entry('the end'))
  release()
  await until(() => isLoaded(image('end.png')), 10_000, 'the picture at the end')
  await until(async () => (await sizesOf(image('end.png'))).shown[1] === 320, 10_000)
  await isPainted(page)
  t.equal(await topOf(entry('the end')), atEnd, 'at the end it stays at the end')

  await page.reload()
  const releaseAgain = await holdPictures(page)
  await sees(page, 'the end')
  await entry('behind it').evaluate((element) => element.scrollIntoView({ block: 'center' }))
  // Both are near enough to be loaded, the first is above what is in sight.
  await image('unknown.png').evaluate((image) => ((image as HTMLImageElement).loading = 'eager'))
  await isPainted(page)
  const places = await Promise.all([topOf(entry('behind it')), topOf(image('known.png'))])
  releaseAgain()
  for (const name of ['unknown.png', 'known.png']) {
    await until(async () => (await sizesOf(image(name))).shown[1] === 320, 10_000, `${name} has its size`)
  }
  await isPainted(page)
  t.same(await Promise.all([topOf(entry('behind it')), topOf(image('known.png'))]), places, 'elsewhere it stays there')
  t.same(stage.complaints(), [])
})

t.test('the keyboard opens a picture, moves to the others, and returns the focus on close', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  for (const name of ['a.png', 'b.png']) await sendPicture(stage, store, name, [900, 700])
  await sendPicture(stage, store, 'gone.png', [10, 10])
  await stage.node.database.query(`update chat_file set state = 'deleting' where name = 'gone.png'`)
  const page = await stage.chat(store, { losesConnections: true })
  await page.getByText('No longer available').waitFor()

  const opener = page.getByRole('button', { name: 'Open the picture a.png' })
  await opener.focus()
  await page.keyboard.press('Enter')
  const view = page.getByRole('dialog')
  const shown = () => view.getByRole('img').getAttribute('alt')
  await page.getByRole('dialog', { name: 'a.png' }).waitFor()
  t.same((await sizesOf(view.getByRole('img'))).own, [900, 700])
  await page.keyboard.press('ArrowRight')
  await page.getByRole('dialog', { name: 'b.png' }).waitFor()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  t.equal(await shown(), 'a.png', 'before the first there is none')
  await view.getByRole('button', { name: 'Next picture' }).click()
  t.equal(await shown(), 'b.png')
  await page.keyboard.press('Escape')
  await view.waitFor({ state: 'detached' })
  t.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Open the picture a.png')
  t.same(stage.complaints(), [])
})

t.test('files are accessible and fit on a phone in every language', async (t) => {
  const stage = await setStage(t)
  const name = `${'Rechnung'.repeat(12)}.txt`
  for (const language of ['en', 'de', 'es', 'fr', 'zh', 'ar'] as const) {
    const texts = await readTexts(language)
    const store = await stage.store()
    const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true, locale: language }
    const page = await stage.chat(store, { ...phone, losesConnections: true })
    const check = async (state: string) => {
      t.same(await findBarriers(page), [], `${language}, ${state}`)
      t.same(await findTooWide(page), [], `${language}, ${state}`)
    }
    await page.route('**/v1/chat/upload/', () => undefined)
    await choose(page, picture('photo.png', 1200, 300), textFile(name))
    await page.locator('.tray canvas').waitFor()
    await check('chosen')
    await page.locator('.send').click()
    await page.getByRole('progressbar').first().waitFor()
    await check('under way')
    await page.reload()
    await page.getByRole('alert').nth(1).waitFor()
    await check('lost')
    await sendPicture(stage, store, 'photo.png', [1200, 300])
    const url = await storeFile(stage.node, store, { name, bytes: 'x' })
    await stage.post('store/message/', store, { attachment_url: url })
    await sizesOf(loadedPictures(page).first())
    await page.locator('.attachment a').waitFor()
    await check('received')
    await page.locator('.picture').click()
    await page.locator('dialog[open] img').waitFor()
    await check('large')
    t.equal(await page.locator('dialog[open] header button').last().getAttribute('aria-label'), texts['picture.close'])
    await page.context().close()
  }
})
