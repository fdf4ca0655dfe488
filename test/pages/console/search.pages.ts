import { readFile } from 'node:fs/promises'
import t from 'tap'
import { deriveNow, fillNow, search } from '../../support/chat/search.js'
import { claim, row, sees, write } from '../support/acts.js'
import { setStage } from '../support/stage.js'

t.test('a message is found, opened in the midst of its conversation, and marked', async (t) => {
  const stage = await setStage(t)
  const [store, ada] = [await stage.store({ name: 'Tech Store' }), await stage.admin('Ada')]
  const { body } = await stage.post('store/message/', store, { content: 'the needle <b>order 4711</b> is here' })
  const session_id = body.session.id as number
  await stage.node.database.query(
    `with numbered as (
       insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
       select $1, (select seq from chat_session where id = $1) + place, 'store', $2, 'hay ' || place, '', '',
         clock_timestamp()
       from generate_series(1, 400) place returning 1
     )
     update chat_session set seq = seq + (select count(*) from numbered) where id = $1`,
    [session_id, store.id],
  )
  const desk = await stage.console(ada)
  await row(desk, 'Tech Store').waitFor()
  await fillNow(stage)
  await search(stage, ada, 'needle')
  const loaded = desk.waitForResponse(/console\/search\.js/)
  await desk.keyboard.press('/')
  await desk.locator('[data-search]:focus').waitFor()
  await desk.keyboard.type('needle')
  await loaded
  await desk.getByRole('status').getByText('1 message found').waitFor()
  t.equal(await desk.locator('.hit mark').textContent(), 'needle')
  t.equal(await desk.locator('.hit b').count(), 0, 'text stays text')
  await desk.keyboard.press('ArrowDown')
  await desk.keyboard.press('Enter')
  await desk.locator('.entry.marked').getByText('order 4711').waitFor()
  const [first, last] = [desk.locator('.entry').first(), desk.locator('.entry').last()]
  t.match(await first.textContent(), /needle/)
  t.match(await last.textContent(), /hay 30/, 'those around it, and not all between')
  await desk.getByRole('button', { name: 'Later messages' }).click()
  await sees(desk, 'hay 80')
  await desk.getByRole('button', { name: 'Newest messages' }).click()
  await sees(desk, 'hay 400')
  t.equal(await desk.locator('.entry', { hasText: 'hay 80' }).count(), 0)
  await desk.locator('.hit').click()
  await desk.locator('.entry.marked').getByText('order 4711').waitFor()
  await desk.locator('[data-search]').press('Escape')
  await row(desk, 'Tech Store').waitFor()
  t.same(stage.complaints(), [])
})

t.test('a search is narrowed by store and by days, by the keyboard alone, and stays so', async (t) => {
  const stage = await setStage(t)
  const [tech, toys, ada] = [
    await stage.store({ name: 'Tech Store' }),
    await stage.store({ name: 'Toy Store' }),
    await stage.admin('Ada'),
  ]
  for (const store of [tech, toys]) {
    for (const content of ['parcel of today', 'parcel of long ago']) {
      await stage.post('store/message/', store, { content })
    }
  }
  await fillNow(stage)
  await stage.node.database.query(
    `update chat_message_search set created = '2020-02-29T12:00:00Z' where content = 'parcel of long ago'`,
  )
  const desk = await stage.console(ada)
  await row(desk, 'Toy Store').waitFor()
  await search(stage, ada, 'parcel')
  const finds = (count: number) =>
    desk
      .getByRole('status')
      .getByText(count === 1 ? '1 message found' : `${count} messages found`)
      .waitFor()
  await desk.keyboard.press('/')
  await desk.keyboard.type('parcel')
  await finds(4)
  await desk.keyboard.press('Tab')
  await desk.keyboard.press('Enter')
  await desk.keyboard.press('Tab')
  await desk.locator('[data-store]:focus').waitFor()
  await desk.keyboard.type('nobody')
  await desk.keyboard.press('Enter')
  t.notOk(await desk.locator('[data-store]').evaluate((field: HTMLInputElement) => field.validity.valid))
  await desk.getByLabel('Store', { exact: true }).fill('tech store')
  await desk.keyboard.press('Tab')
  await finds(2)
  t.equal(await desk.getByLabel('Store', { exact: true }).inputValue(), `Tech Store #${tech.id}`)
  await desk.getByLabel('To', { exact: true }).fill('2020-02-29')
  await finds(1)
  await desk.locator('.hit').getByText('long ago').waitFor()

  await desk.reload()
  await row(desk, 'Toy Store').waitFor()
  await desk.locator('[data-search]').fill('parcel')
  await finds(1)
  t.equal(await desk.getByRole('button', { name: 'Filter' }).locator('.badge').textContent(), '2')
  await desk.getByLabel('From', { exact: true }).fill('2020-03-01')
  await finds(0)
  await desk.getByRole('button', { name: 'Show all' }).click()
  await finds(4)
  t.equal(await desk.getByLabel('Store', { exact: true }).inputValue(), '')
  await desk.locator('.hit').first().focus()
  await desk.keyboard.press('f')
  await desk.locator('[data-store]').waitFor({ state: 'detached' })
  t.same(stage.complaints(), [])
})

t.test('a part of the page that could not be loaded is asked for anew', async (t) => {
  const stage = await setStage(t)
  const desk = await stage.console(await stage.admin())
  let refusals = 1
  await desk.route('**/console/search.js*', (route) => (refusals-- > 0 ? route.abort() : route.continue()))
  await desk.locator('[data-search]').fill('needle')
  await desk.getByRole('button', { name: 'Try again' }).click()
  await desk.getByRole('list', { name: 'Messages found' }).waitFor({ state: 'attached' })
  await desk.reload()
  refusals = 2
  await desk.locator('[data-search]').fill('needle')
  await desk.getByRole('button', { name: 'Try again' }).click()
  await desk.getByRole('button', { name: 'Reload the page' }).click()
  await desk.locator('[data-search]').fill('needle')
  await desk.getByRole('list', { name: 'Messages found' }).waitFor({ state: 'attached' })
})

t.test('a store rates what has ended, an admin sees it, and both save the conversation', async (t) => {
  const stage = await setStage(t)
  const [store, ada, chief] = [
    await stage.store({ name: 'Tech Store' }),
    await stage.admin('Ada'),
    await stage.supervisor('Chief'),
  ]
  const [chat, desk] = [await stage.chat(store), await stage.console(ada)]
  await write(chat, 'question')
  await claim(desk, 'Tech Store')
  await write(desk, 'answer')
  await sees(chat, 'answer')
  await desk.getByRole('button', { name: 'Close', exact: true }).click()
  await desk.getByRole('button', { name: 'Close conversation' }).click()
  await chat.getByRole('radio', { name: '4 of 5' }).focus()
  await chat.keyboard.press('ArrowLeft')
  await chat.keyboard.press('ArrowRight')
  t.ok(await chat.getByRole('radio', { name: '4 of 5' }).isChecked())
  await chat.getByRole('textbox', { name: 'Anything to add?' }).fill('quick and friendly')
  await chat.keyboard.press('Enter')
  await chat.getByText('Thank you: 4 of 5.').waitFor()
  await chat.reload()
  await chat.getByText('Thank you: 4 of 5.').waitFor()
  const elsewhere = await stage.chat(store)
  await elsewhere.getByText('Thank you: 4 of 5.').waitFor()
  await chat.getByRole('button', { name: 'Change' }).click()
  await chat.getByRole('radio', { name: '5 of 5' }).check({ force: true })
  await chat.getByRole('button', { name: 'Send rating' }).click()
  await chat.getByText('Thank you: 5 of 5.').waitFor()
  await elsewhere.evaluate(() => {
    for (const isThere of [false, true]) {
      document.hasFocus = () => isThere
      window.dispatchEvent(new Event('focus'))
    }
  })
  await elsewhere.getByText('Thank you: 5 of 5.').waitFor()
  await elsewhere.getByRole('button', { name: 'Change' }).click()
  t.equal(await elsewhere.getByRole('textbox', { name: 'Anything to add?' }).inputValue(), 'quick and friendly')

  const saving = chat.waitForEvent('download')
  await chat.getByRole('button', { name: 'Save the conversation as a file' }).click()
  const transcript = await readFile(await (await saving).path(), 'utf8')
  t.match(transcript, /question[\s\S]*answer/)

  await desk.getByRole('tab', { name: 'Closed' }).click()
  await desk.reload()
  await row(desk, 'Tech Store').locator('.stars').waitFor()
  await row(desk, 'Tech Store').click()
  await desk.getByRole('complementary').getByText('quick and friendly').waitFor()
  const savingCsv = desk.waitForEvent('download')
  await desk.getByRole('button', { name: 'Table (CSV)' }).click()
  t.match(await readFile(await (await savingCsv).path(), 'utf8'), /question/)

  await deriveNow(stage)
  const chiefs = await stage.console(chief)
  t.equal(await desk.getByRole('button', { name: 'Reports' }).count(), 0, 'reports are for supervisors')
  await chiefs.getByRole('button', { name: 'Reports' }).click()
  const table = chiefs.getByRole('table')
  await table.getByRole('row', { name: /^Total 1 1/ }).waitFor()
  t.ok((await chiefs.locator('.chart svg').count()) >= 4)
  await chiefs.getByRole('combobox', { name: 'By', exact: true }).selectOption('Admin')
  await table.getByRole('row', { name: /^Ada 1 1/ }).waitFor()
  const savingReport = chiefs.waitForEvent('download')
  await chiefs.getByRole('button', { name: 'Save as CSV' }).click()
  t.match(await readFile(await (await savingReport).path(), 'utf8'), /sessions/)
  t.same(
    stage.complaints().filter((complaint) => !/status of 40[34]/.test(complaint)),
    [],
  )
})
