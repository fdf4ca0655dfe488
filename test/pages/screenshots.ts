import type { Page } from 'playwright-core'
import t from 'tap'
import { claimSession } from '../support/sessions.js'
import { claim, hasTick, row, sees, write } from './acts.js'
import { setStage, type Stage } from './stage.js'

const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true }
const shoot = (page: Page, name: string) => page.screenshot({ path: `docs/screenshots/${name}.png` })

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

t.test('screenshots', async (t) => {
  const stage = await setStage(t)
  await fillList(stage)
  const [store, admin] = [
    await stage.store({ name: 'Tech Store', email: 'desk@tech-store.example' }),
    await stage.admin('Ada'),
  ]
  const other = await stage.store({ name: 'Lumen Lamps' })
  const { body } = await stage.post('store/message/', other, { content: 'Where do I find the invoice of June?' })
  await claimSession(stage.node.database, other.id, admin.id)

  const chat = await stage.chat(store, phone)
  await shoot(chat, 'chat-empty')
  await write(chat, 'Hello! Order 4711 was to arrive on Monday, and the customer is asking every hour.')
  const desk = await stage.console(admin, { deviceScaleFactor: 1 })
  await row(desk, 'Tech Store').waitFor()
  await shoot(desk, 'console-waiting')
  await claim(desk, 'Tech Store')
  await write(desk, 'Good morning. I am looking at it right now.')
  await sees(chat, 'I am looking at it')
  await write(
    desk,
    'The parcel was scanned in Leipzig this morning: https://tracking.example.com/4711 – it should be there by noon.',
  )
  await sees(chat, 'by noon')
  const { body: held } = await stage.get('admin/sessions/my/', admin)
  const { id } = held.data.find(({ store_id }: { store_id: number }) => store_id === store.id)
  await stage.post('store/message/', store, {
    content: 'Great, thank you. The slip, for the record:',
    attachment_url: 'https://files.example.com/slips/delivery-slip-4711.pdf',
  })
  await write(chat, 'One more thing: can we change the address of order 4725?')
  await sees(desk, 'One more thing')
  await write(desk, 'Of course. To which one?')
  await hasTick(desk, 'To which one?', 'Read')
  await chat.getByRole('textbox', { name: 'Write a message' }).pressSequentially('To the one in')
  await desk.locator('.typing').getByText('is typing').waitFor()
  await shoot(desk, 'console')
  await shoot(chat, 'chat')
  await desk.emulateMedia({ colorScheme: 'dark' })
  await shoot(desk, 'console-dark')
  await desk.setViewportSize({ width: 390, height: 780 })
  await shoot(desk, 'console-phone')
  t.ok(id && body)
})
