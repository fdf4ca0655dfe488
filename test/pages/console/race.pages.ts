import t from 'tap'
import { until } from '../../../harness/until.js'
import { claim, row, write } from '../support/acts.js'
import { setStage } from '../support/stage.js'

t.test('two consoles race for one session: one wins, the other shows who holds it', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store({ name: 'Tech Store' })
  await stage.post('store/message/', store, { content: 'Hello' })
  const admins = await Promise.all([stage.admin('Ada'), stage.admin('Grace')])
  const desks = await Promise.all(admins.map((admin) => stage.console(admin)))
  for (const desk of desks) {
    await row(desk, 'Tech Store').click()
    await desk.getByRole('button', { name: 'Claim' }).waitFor()
  }
  // A late click finds no button: the update was faster.
  const press = 'document.querySelector(".claim .primary")?.click()'
  await Promise.all(desks.map((desk) => desk.evaluate(press)))

  const readHolder = async () => (await stage.get('store/session/', store)).body.admin_id as number | null
  const holderId = await until(readHolder, 10_000, 'somebody has won')
  const place = admins.findIndex(({ id }) => id === holderId)
  const [winner, loser] = [desks[place], desks[1 - place]]
  if (!winner || !loser) throw new Error('Nobody has won')
  await winner.getByRole('textbox', { name: 'Write an answer' }).waitFor()
  await loser.getByText(`dmin ${holderId}`).first().waitFor()
  t.equal(await loser.getByRole('textbox', { name: 'Write an answer' }).count(), 0)
  t.equal(await row(loser, 'Tech Store').count(), 0)
  await write(winner, 'Here I am')
  // The browser logs the refusals of a late claim, and of a read that comes after the other's claim. They are no faults of
  // the page.
  const isRefusal = (complaint: string) => /status of (409|403 .*\/v1\/chat\/admin\/session\/)/.test(complaint)
  t.same(
    stage.complaints().filter((complaint) => !isRefusal(complaint)),
    [],
  )
})

t.test('a claim of a session that is already taken shows the name of its holder', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store({ name: 'Tech Store' })
  await stage.post('store/message/', store, { content: 'Hello' })
  const [ada, grace] = [await stage.admin('Ada Lovelace'), await stage.admin('Grace')]
  const { page: deaf } = await stage.visitor(grace)
  let isDeaf = false
  await deaf.routeWebSocket(/\/ws\/admin\//, (socket) => {
    const server = socket.connectToServer()
    server.onMessage((frame) => {
      if (!isDeaf) socket.send(frame)
    })
  })
  await deaf.goto(`${stage.node.origin}/console/`)
  await deaf.getByLabel('Token').fill(grace.token)
  await deaf.keyboard.press('Enter')
  await row(deaf, 'Tech Store').click()
  await deaf.getByRole('button', { name: 'Claim' }).waitFor()
  isDeaf = true
  await claim(await stage.console(ada), 'Tech Store')
  await deaf.getByRole('button', { name: 'Claim' }).click()
  await deaf.getByRole('alert').getByText(`Ada Lovelace (admin ${ada.id}) has claimed this session`).waitFor()
  t.equal(await deaf.getByRole('textbox', { name: 'Write an answer' }).count(), 0)
})

t.test('a conversation that was transferred while it is shown is not asked for in vain', async (t) => {
  const stage = await setStage(t)
  const [ada, bob] = [await stage.admin('Ada'), await stage.admin('Bob')]
  await stage.post('store/message/', await stage.store({ name: 'Corner Shop' }), { content: 'hello' })
  const desk = await stage.console(ada)
  await claim(desk, 'Corner Shop')
  const session_id = Number(await row(desk, 'Corner Shop').getAttribute('data-session-id'))
  await stage.post('admin/session/transfer/', ada, { session_id, admin_id: bob.id })
  await desk.getByText('has this conversation now').waitFor()
  // What the page reads every ten seconds, it reads on this, too.
  await desk.evaluate(() => window.dispatchEvent(new Event('focus')))
  await stage.post('admin/session/transfer/', bob, { session_id, admin_id: ada.id })
  await desk.getByRole('textbox', { name: 'Write an answer' }).waitFor()
  t.same(stage.complaints(), [])
})
