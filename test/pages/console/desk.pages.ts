import t from 'tap'
import { until } from '../../../harness/until.js'
import { claim, message, row, sees, write } from '../support/acts.js'
import { setStage } from '../support/stage.js'

t.test('a session is released, transferred and closed, and every console shows it', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store({ name: 'Tech Store' })
  const [ada, grace] = [await stage.admin('Ada'), await stage.admin('Grace')]
  const [chat, adasDesk, gracesDesk] = [await stage.chat(store), await stage.console(ada), await stage.console(grace)]
  await write(chat, 'Hello')
  await claim(adasDesk, 'Tech Store')
  await row(gracesDesk, 'Tech Store').waitFor({ state: 'detached' })

  await adasDesk.getByRole('button', { name: 'Release' }).click()
  await adasDesk.getByRole('button', { name: 'Claim' }).waitFor()
  await chat.getByText('Somebody will be with you soon').waitFor()
  await row(gracesDesk, 'Tech Store').getByText('Hello').waitFor()
  await adasDesk.getByRole('button', { name: 'Claim' }).click()

  await adasDesk.getByRole('button', { name: 'Transfer' }).click()
  await adasDesk.getByLabel('Name or number').fill('999999999')
  await adasDesk.keyboard.press('Enter')
  await adasDesk.getByRole('alert').getByText('Admin not found').waitFor()
  await adasDesk.getByRole('button', { name: 'Transfer' }).click()
  await adasDesk.getByLabel('Name or number').fill(String(grace.id))
  await adasDesk.keyboard.press('Enter')
  await adasDesk.getByText(`Grace (admin ${grace.id}) has this conversation now.`).waitFor()
  t.equal(await adasDesk.getByRole('textbox', { name: 'Write an answer' }).count(), 0)

  await write(chat, 'Are you there?')
  await gracesDesk.getByRole('tab', { name: /^Mine/ }).click()
  await row(gracesDesk, 'Tech Store').getByText('unread').waitFor({ state: 'attached' })
  await row(gracesDesk, 'Tech Store').click()
  await sees(gracesDesk, 'Are you there?')
  await row(gracesDesk, 'Tech Store').locator('.badge').waitFor({ state: 'detached' })
  await gracesDesk.getByRole('button', { name: 'Close' }).click()
  await gracesDesk.getByRole('button', { name: 'Cancel' }).click()
  await write(gracesDesk, 'Yes, and now I am done')
  await gracesDesk.getByRole('button', { name: 'Close' }).click()
  await gracesDesk.getByRole('button', { name: 'Close conversation' }).click()
  await chat.getByText('This conversation has ended. Your next message begins a new one.').waitFor()
  await gracesDesk.getByText('This conversation has ended.').waitFor()

  await write(chat, 'One more thing')
  await chat.getByText('New conversation').waitFor()
  await message(chat, 'Hello').waitFor()
  await adasDesk.getByRole('tab', { name: /^Waiting/ }).click()
  await row(adasDesk, 'Tech Store').getByText('One more thing').waitFor()
  // A desk may ask for what was handed over a moment ago: Chromium reports the refusal by itself.
  t.same(
    stage.complaints().filter((complaint) => !/status of 40[34]/.test(complaint)),
    [],
  )
})

t.test('an unsent text stays with its session while another session is shown', async (t) => {
  const stage = await setStage(t)
  for (const name of ['First Shop', 'Second Shop']) {
    await stage.post('store/message/', await stage.store({ name }), { content: `from ${name}` })
  }
  const desk = await stage.console(await stage.admin())
  for (const name of ['First Shop', 'Second Shop']) await claim(desk, name)
  const field = desk.getByRole('textbox', { name: 'Write an answer' })
  await field.fill('half an ans')
  await row(desk, 'First Shop').click()
  await sees(desk, 'from First Shop')
  t.equal(await field.inputValue(), '')
  await row(desk, 'Second Shop').click()
  await sees(desk, 'from Second Shop')
  t.equal(await field.inputValue(), 'half an ans')
  t.same(stage.complaints(), [])
})

t.test('a line shows where the messages begin that came while nobody looked', async (t) => {
  const stage = await setStage(t)
  const [first, second] = [await stage.store({ name: 'First Shop' }), await stage.store({ name: 'Second Shop' })]
  for (const store of [first, second]) await stage.post('store/message/', store, { content: 'early' })
  const desk = await stage.console(await stage.admin())
  for (const name of ['First Shop', 'Second Shop']) await claim(desk, name)
  const line = desk.locator('.new-line')
  const below = () => desk.locator('li:has(.new-line) + li .text').textContent()
  t.equal(await line.count(), 0, 'what has just been claimed is read')
  const newest = async () => (await stage.get('store/messages/', first)).body.data.at(-1).status
  // Without a message that was read, no line would separate anything.
  await until(async () => (await newest()) === 'read', 10_000)

  for (const content of ['one', 'two']) await stage.post('store/message/', first, { content })
  await row(desk, 'First Shop').getByText('two').waitFor()
  await row(desk, 'First Shop').click()
  await line.getByText('New messages').waitFor()
  t.equal(await below(), 'one')
  await until(async () => (await newest()) === 'read', 10_000)
  await row(desk, 'Second Shop').click()
  await sees(desk, 'early')
  await row(desk, 'First Shop').click()
  await sees(desk, 'two')
  t.equal(await line.count(), 0, 'it has been looked at')

  const look = (isThere: boolean) =>
    desk.evaluate((isThere) => {
      document.hasFocus = () => isThere
      window.dispatchEvent(new Event('focus'))
    }, isThere)
  await look(false)
  for (const content of ['three', 'four']) await stage.post('store/message/', first, { content })
  await sees(desk, 'four')
  t.equal(await below(), 'three')
  await look(true)
  await stage.post('store/message/', first, { content: 'five' })
  await sees(desk, 'five')
  t.equal(await below(), 'three', 'it stays while it is looked at')
  await look(false)
  await line.waitFor({ state: 'detached' })
  await look(true)
  await stage.post('store/message/', first, { content: 'six' })
  await sees(desk, 'six')
  t.equal(await line.count(), 0, 'what is seen as it comes is not new')
  t.same(stage.complaints(), [])
})

/** A browser without a screen shows no notifications; whether a page has the focus is for the test to say. */
const screenless = `
  let isLooking = true
  window.told = []
  document.hasFocus = () => isLooking
  window.lookAway = (away) => {
    isLooking = !away
    window.dispatchEvent(new Event(away ? 'blur' : 'focus'))
  }
  window.sounds = 0
  window.AudioContext = class {
    currentTime = 0
    resume() {
      return Promise.resolve()
    }
    createGain() {
      return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next) => next }
    }
    createOscillator() {
      window.sounds++
      return { frequency: {}, connect: (next) => next, start() {}, stop() {} }
    }
  }
  window.Notification = class Recorded {
    static permission = 'default'
    static async requestPermission() {
      return (Recorded.permission = 'granted')
    }
    constructor(title, { body }) {
      window.told.push(title + ': ' + body)
    }
  }`

t.test(
  'the bell and the title count unread notifications, and a page without the focus shows desktop notifications',
  async (t) => {
    const stage = await setStage(t)
    const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
    const { page } = await stage.visitor(admin)
    await page.addInitScript({ content: screenless })
    const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told)
    const lookAway = (away: boolean) =>
      page.evaluate((away) => (window as unknown as { lookAway(is: boolean): void }).lookAway(away), away)
    await page.goto(`${stage.node.origin}/console/`)
    await page.getByLabel('Token').fill(admin.token)
    await page.keyboard.press('Enter')
    await page.getByText('Connected', { exact: true }).waitFor()

    const titled = (count: number) => page.waitForFunction((start) => document.title.startsWith(start), `(${count}) `)
    await stage.post('store/message/', store, { content: 'one' })
    await titled(1)
    t.same(await told(), [], 'nobody has asked for them')
    await page.getByRole('button', { name: 'Notifications, 1 unread' }).click()
    await page.getByRole('button', { name: 'Notify me also when I look elsewhere' }).click()
    await page.getByRole('region', { name: 'Notifications' }).getByText('one').waitFor()
    await page.keyboard.press('Escape')
    await lookAway(true)
    await stage.post('store/message/', store, { content: 'two' })
    await titled(2)
    t.same(await told(), ['Tech Store: two'])

    await lookAway(false)
    await page.getByRole('button', { name: 'Notifications, 2 unread' }).click()
    await page.getByRole('region', { name: 'Notifications' }).getByText('two').click()
    await sees(page, 'two')
    await page.getByRole('button', { name: 'Notifications, 0 unread' }).waitFor()
    await page.waitForFunction(() => document.title === 'Console · store-chat')
    await stage.post('store/message/', store, { content: 'three' })
    await sees(page, 'three')
    t.same(await told(), ['Tech Store: two'], 'what is looked at is no news')

    await page.getByRole('button', { name: 'Claim' }).click()
    await page.getByRole('textbox', { name: 'Write an answer' }).waitFor()
    await lookAway(true)
    await stage.post('store/message/', store, { content: 'four' })
    await sees(page, 'four')
    const statusOf = async () => (await stage.get('store/messages/', store)).body.data.at(-1).status
    await until(async () => (await statusOf()) === 'delivered', 10_000, 'not read by who looks away')
    await lookAway(false)
    await until(async () => (await statusOf()) === 'read', 10_000)

    const sounds = () => page.evaluate(() => (window as unknown as { sounds: number }).sounds)
    t.equal(await sounds(), 0, 'nobody has asked for a sound')
    await page.getByRole('button', { name: /^Notifications/ }).click()
    await page.getByLabel('With a sound').check()
    const before = await sounds()
    t.ok(before > 0, 'it is heard once when it is turned on')
    await page.keyboard.press('Escape')
    await lookAway(true)
    // Those that follow each other closely sound once: the next comes ten seconds later.
    await page.evaluate(() => {
      const now = performance.now.bind(performance)
      performance.now = () => now() + 10_000
    })
    await stage.post('store/message/', store, { content: 'five' })
    await until(async () => (await sounds()) > before, 10_000)
    t.same(stage.complaints(), [])
  },
)
