import t from 'tap'
import { startProxy } from '../../client/support/proxy.js'
import { claim, hasTick, sees, write } from '../support/acts.js'
import { setStage } from '../support/stage.js'

t.test('a store writes while it is disconnected, catches up, and receives nothing twice', async (t) => {
  const stage = await setStage(t)
  const way = await startProxy(t, stage.node)
  const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
  const chat = await stage.chat(store, { origin: way.origin, losesConnections: true })
  await write(chat, 'before')
  const desk = await stage.console(admin)
  await claim(desk, 'Tech Store')
  await desk.locator('.is-online').waitFor()

  way.lead(undefined)
  way.cut()
  await chat.getByText('Reconnecting…').waitFor()
  await desk.getByText('Offline · ').waitFor()
  await write(desk, 'are you there?')
  await hasTick(desk, 'are you there?', 'Sent')
  await write(chat, 'written away')
  await chat.getByText('Waiting to be sent').waitFor({ state: 'attached' })
  way.lead(stage.node)
  await sees(chat, 'are you there?')
  await hasTick(chat, 'written away', 'Read')
  await hasTick(desk, 'are you there?', 'Read')
  for (const page of [chat, desk]) {
    t.same((await page.locator('.entry .text').allTextContents()).sort(), ['are you there?', 'before', 'written away'])
  }
  t.same(stage.complaints(), [])
})

t.test("an admin's lists are current after a reconnect", async (t) => {
  const stage = await setStage(t)
  const way = await startProxy(t, stage.node)
  const [gone, staying, late] = [
    await stage.store({ name: 'Gone Shop' }),
    await stage.store({ name: 'Staying Shop' }),
    await stage.store({ name: 'Late Shop' }),
  ]
  for (const store of [gone, staying]) await stage.post('store/message/', store, { content: 'Hello' })
  const desk = await stage.console(await stage.admin(), { origin: way.origin, losesConnections: true })
  await desk.getByText('Gone Shop').waitFor()
  way.lead(undefined)
  way.cut()
  await desk.getByText('Reconnecting…').waitFor()
  await stage.post('store/close/', gone)
  await stage.post('store/message/', late, { content: 'And me?' })
  way.lead(stage.node)
  await desk.getByText('Late Shop').waitFor()
  await desk.getByText('Gone Shop').waitFor({ state: 'detached' })
  t.same(await desk.locator('.row .name').allTextContents(), ['Staying Shop', 'Late Shop'])
  t.same(stage.complaints(), [])
})

t.test('a failure to read the lists is shown, and the lists are read again', async (t) => {
  const stage = await setStage(t)
  const [store, admin] = [await stage.store({ name: 'Tech Store' }), await stage.admin()]
  await stage.post('store/message/', store, { content: 'Hello' })
  const { page } = await stage.visitor(admin, { losesConnections: true })
  let isBroken = true
  await page.route('**/admin/sessions/open/**', (route) => (isBroken ? route.abort() : route.continue()))
  await page.goto(`${stage.node.origin}/console/`)
  await page.getByLabel('Token').fill(admin.token)
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('The service cannot be reached').waitFor()
  isBroken = false
  await page.getByText('Tech Store').waitFor()
  t.equal(await page.getByText('The service cannot be reached').count(), 0)
  t.same(stage.complaints(), [])
})

t.test('the page shows that the browser is offline', async (t) => {
  const stage = await setStage(t)
  const chat = await stage.chat(await stage.store(), { losesConnections: true })
  await chat.context().setOffline(true)
  await chat.getByRole('status').getByText('Offline').waitFor()
  await chat.context().setOffline(false)
  await chat.getByRole('status').getByText('Connected').waitFor()
  t.same(stage.complaints(), [])
})

for (const path of ['/console/', '/chat/'] as const) {
  t.test(
    `${path}: a token that is revoked signs out, says why, and is forgotten; signing out forgets it too`,
    async (t) => {
      const stage = await setStage(t)
      const who = () => (path === '/chat/' ? stage.store() : stage.admin())
      const account = await who()
      const { page } = await stage.visitor(account, { losesConnections: true })
      /** Each tab also has a name. */
      const kept = () =>
        page.evaluate(() => {
          const ofTab = Object.entries(sessionStorage).filter(([key]) => !key.endsWith('.tab'))
          return JSON.stringify([Object.entries(localStorage), ofTab])
        })
      await page.goto(`${stage.node.origin}${path}`)
      await page.getByLabel('Token').fill('no such token')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('This token is not valid').waitFor()

      await page.getByLabel('Token').fill(account.token)
      await page.getByLabel('Remember on this device').check()
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('Connected', { exact: true }).waitFor()
      t.match(await kept(), new RegExp(`^\\[\\[.*${account.token}.*\\],\\[\\]\\]$`), 'remembered in this browser')
      await page.reload()
      await page.getByText('Connected', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Sign out' }).click()
      t.notMatch(await kept(), account.token)

      await page.getByLabel('Token').fill(account.token)
      await page.keyboard.press('Enter')
      await page.getByText('Connected', { exact: true }).waitFor()
      t.match(await kept(), new RegExp(`^\\[\\[\\],\\[.*${account.token}.*\\]\\]$`), 'in this tab only')
      await stage.node.database.query('update access_token set revoked_at = clock_timestamp() where id = $1', [
        account.tokenId,
      ])
      await page.getByRole('alert').getByText('This token is not valid').waitFor()
      t.notMatch(await kept(), account.token)
      t.same(stage.complaints(), [])
    },
  )
}
