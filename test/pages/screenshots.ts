import type { Page } from 'playwright-core'
import t from 'tap'
import type { TestAccount } from '../support/chat/accounts.js'
import { deriveNow, fillNow, search } from '../support/chat/search.js'
import { claimSession } from '../support/chat/sessions.js'
import { claim, hasTick, row, sees, write } from './support/acts.js'
import { startShop } from './support/shop.js'
import { setStage, type Stage } from './support/stage.js'

const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true }
const shoot = (page: Page, name: string) => page.screenshot({ path: `docs/screenshots/${name}.png` })
/** A state that is worth a look, but not a place in the README: `SCREENSHOTS` names the folder for those. */
const look = async (page: Page, name: string) => {
  const folder = process.env['SCREENSHOTS']
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` })
}
const shopStyle =
  'body { font: 18px system-ui; padding: 40px; background: #faf7f2 } input { font: inherit; padding: 8px }'

const waiting = [
  ['Northwind Books', 'Two parcels are marked delivered, but nobody has them'],
  ['Café Aurora', 'Can we change the pick-up time to 7 in the morning?'],
  ['Iron & Oak Furniture – Workshop and Showroom Hamburg-Altona', 'The label printer prints empty pages since today'],
  ['متجر الزهور', 'مرحبا، لم يصل الطلب رقم ٤٤٠١ بعد'],
  ['Bright Bikes', 'Refund for order 88213, please'],
  ['Piccolo Toys', 'Thanks!'],
] as const

/** Stores that wait since a while, the first one longest. */
async function fillList(stage: Stage): Promise<void> {
  for (const [place, [name, content]] of waiting.entries()) {
    const store = await stage.store({ name, email: 'hello@example.com' })
    await stage.post('store/message/', store, { content })
    await stage.node.database.query(
      `update chat_session set created = created - make_interval(mins => $2) where store_id = $1`,
      [store.id, 47 - place * 8],
    )
  }
}

/** A month of sessions of a store that are over, more on weekdays, as the reports have them. */
const fillReports = (stage: Stage, store: TestAccount, admins: readonly TestAccount[]) =>
  stage.node.database.query(
    `with plan as (
       select day, place, $1::bigint[] as admins,
         date_trunc('day', now()) - make_interval(days => day) + make_interval(hours => 8, mins => (place * 53) % 600) as at
       from generate_series(1, 29) day cross join generate_series(1, 34) place
       where place <= 12 + (day * 7) % 9 + case when extract(isodow from now() - make_interval(days => day)) < 6 then 13 else 0 end
     ), session as (
       insert into chat_session (store_id, admin_id, status, created, last_message_at, updated, closed_at)
       select $2, admins[1 + place % array_length(admins, 1)], 'closed', at, at, at,
         at + make_interval(secs => 400 + (day * place * 37) % 2400)
       from plan order by at returning id, admin_id, created, closed_at
     ), times as (
       insert into chat_session_times (session_id, admin_id, created, claimed_after, answered_after, closed_after)
       select id, admin_id, created, 20 + (id * 31) % 240, 45 + (id * 47) % 420, extract(epoch from closed_at - created)
       from session
     )
     insert into chat_rating (session_id, score) select id, 5 - (id % 7) % 3 from session where id % 3 = 0`,
    [admins.map(({ id }) => id), store.id],
  )

/** A store that writes Arabic, on a phone whose language that is. */
async function shootArabic(stage: Stage, admin: TestAccount): Promise<void> {
  const store = await stage.store({ name: 'متجر النور' })
  await stage.post('store/message/', store, { content: 'مرحبًا، لم يصل الطلب رقم 4401 بعد، والعميل يسأل كل ساعة.' })
  const session_id = await claimSession(stage.node.database, store.id, admin.id)
  const desk = await stage.console(admin)
  const chat = await stage.chat(store, { ...phone, locale: 'ar' })
  for (const content of [
    'صباح الخير، أراجع الأمر الآن.',
    'خرجت الشحنة للتوصيل هذا الصباح وستصل قبل الظهر:\nhttps://tracking.example.com/4401',
  ]) {
    await stage.post('admin/message/', admin, { session_id, content })
  }
  await sees(chat, 'tracking.example.com')
  await stage.post('store/message/', store, { content: 'ممتاز، شكرًا جزيلًا!' })
  await desk.getByRole('tab', { name: /^Mine/ }).click()
  await row(desk, 'متجر النور').click()
  await hasTick(desk, 'خرجت الشحنة', 'Read')
  await chat.getByText('قُرئت').last().waitFor({ state: 'attached' })
  await desk.locator('[data-composer]').pressSequentially('على الر')
  await chat.locator('.typing .dots').waitFor()
  await shoot(chat, 'chat-arabic')
}

t.test('screenshots', async (t) => {
  const stage = await setStage(t)
  await fillList(stage)
  const [store, admin] = [
    await stage.store({ name: 'Tech Store', email: 'desk@tech-store.example' }),
    await stage.supervisor('Ada'),
  ]
  const other = await stage.store({ name: 'Lumen Lamps' })
  await stage.post('store/message/', other, { content: 'Where do I find the invoice of June?' })
  await claimSession(stage.node.database, other.id, admin.id)

  const chat = await stage.chat(store, phone)
  await look(chat, 'chat-empty')
  await write(chat, 'Hello! Order 4711 was to arrive on Monday, and the customer is asking every hour.')
  const desk = await stage.console(admin, { deviceScaleFactor: 1 })
  await row(desk, 'Tech Store').waitFor()
  await look(desk, 'console-waiting')
  await claim(desk, 'Tech Store')
  await write(desk, 'Good morning. I am looking at it right now.')
  await sees(chat, 'I am looking at it')
  await write(
    desk,
    'The parcel was scanned in Leipzig this morning: https://tracking.example.com/4711 – it should be there by noon.',
  )
  await sees(chat, 'by noon')
  await stage.post('store/message/', store, {
    content: 'Great, thank you. The slip, for the record:',
    attachment_url: 'https://files.example.com/slips/delivery-slip-4711.pdf',
  })
  await write(chat, 'One more thing: can we change the address of order 4725?')
  await sees(desk, 'One more thing')
  const { body: listed } = await stage.get('admin/sessions/my/', admin)
  const session_id = listed.data.find(({ store: { name } }: { store: { name: string } }) => name === 'Tech Store').id
  await stage.post('admin/session/update/', admin, { session_id, tags: ['delivery', 'vip'], priority: 2 })
  await stage.post('admin/notes/', admin, { session_id, content: 'Called the carrier: the parcel is on the van.' })
  await desk.getByRole('article').getByText('on the van').waitFor()
  await write(desk, 'Of course. To which one?')
  await hasTick(desk, 'To which one?', 'Read')
  await chat.getByRole('textbox', { name: 'Write a message' }).pressSequentially('To the one in')
  await desk.locator('.typing').getByText('is typing').waitFor()
  await shoot(desk, 'console')
  await shoot(chat, 'chat')
  await desk.emulateMedia({ colorScheme: 'dark' })
  await look(desk, 'console-dark')
  await desk.setViewportSize({ width: 390, height: 780 })
  await shoot(desk, 'console-phone')

  await desk.emulateMedia({ colorScheme: 'light' })
  await desk.setViewportSize({ width: 1200, height: 800 })
  await desk.getByRole('button', { name: 'Transfer' }).click()
  await look(desk, 'transfer')
  await desk.keyboard.press('Escape')
  await desk.getByRole('button', { name: /^Notifications/ }).click()
  await desk.getByRole('region', { name: 'Notifications' }).getByText('Piccolo').waitFor()
  await look(desk, 'notifications')
  await desk.keyboard.press('Escape')
  await desk.getByRole('button', { name: 'Keyboard shortcuts' }).click()
  await look(desk, 'keyboard')
  await desk.keyboard.press('Escape')

  await desk.keyboard.press('i')
  await desk.locator('[data-note]').fill('Ask the warehouse about the second parcel')
  await look(desk, 'note')
  await desk.keyboard.press('Escape')
  await desk.locator('[data-composer]').press('Escape')
  await fillNow(stage)
  await search(stage, admin, 'order')
  await desk.keyboard.press('/')
  await desk.keyboard.type('order')
  await desk.locator('.hit mark').first().waitFor()
  await shoot(desk, 'console-search')
  await desk.locator('[data-search]').press('Escape')
  await deriveNow(stage)
  await fillReports(stage, await stage.store(), [admin, await stage.admin('Grace'), await stage.admin('Linus')])
  await desk.getByRole('button', { name: 'Reports' }).click()
  await desk.getByRole('table').waitFor()
  await shoot(desk, 'console-reports')
  await desk.setViewportSize({ width: 390, height: 780 })
  await look(desk, 'reports-phone')
  await desk.setViewportSize({ width: 1200, height: 800 })
  await desk.getByRole('button', { name: 'Reports' }).click()
  await desk.getByRole('tab', { name: 'All' }).click()
  await desk.locator('[data-act=filter]').click()
  await desk.locator('[data-act=select]').waitFor()
  await look(desk, 'all')
  await desk.locator('[data-act=select]').click()
  await look(desk, 'select')
  await desk.setViewportSize({ width: 390, height: 780 })
  await look(desk, 'details-phone')
  await desk.setViewportSize({ width: 1200, height: 800 })

  await shootArabic(stage, await stage.admin('Grace'))
  const { page } = await stage.visitor(store, { viewport: { width: 760, height: 780 } })
  await page.goto(await startShop(t, stage.node.origin, store.token, shopStyle))
  await page.getByRole('button', { name: /^Open the support chat/ }).click()
  await page.frameLocator('iframe').getByText('To which one?').waitFor()
  await shoot(page, 'widget')
  const { page: signedOut } = await stage.visitor(admin)
  await signedOut.goto(`${stage.node.origin}/console/`)
  await signedOut.getByLabel('Token').fill('wrong')
  await signedOut.keyboard.press('Enter')
  await signedOut.getByRole('alert').waitFor()
  await look(signedOut, 'sign-in')
  await desk.context().setOffline(true)
  await desk.getByText('Offline', { exact: true }).waitFor()
  await write(desk, 'Written without a network')
  await look(desk, 'offline')
})
