import t from 'tap'
import { addAdmin, addStore, type TestAccount } from '../../support/chat/accounts.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { createDatabase, type TestDatabase } from '../../support/databases/database.js'
import { createLossyNetwork } from '../../support/nodes/lossy-network.js'
import { startNodes } from '../../support/nodes/node.js'
import { addMessages } from '../../support/chat/sessions.js'
import { enter, type SocketClient } from '../../support/clients/socket-client.js'
import { until } from '../../../harness/until.js'

/** How long what no pub/sub carried may stay unknown: two seconds, and as long again where other tests run beside. */
const REPAIR_MS = 4000

interface QuietSession {
  store: TestAccount
  sessionId: number
}

/** Sessions that have been open for an hour, of which no node has heard. */
async function addQuietSessions(database: TestDatabase, count: number): Promise<QuietSession[]> {
  const stores: TestAccount[] = []
  for (let place = 0; place < count; place++) stores.push(await addStore(database))
  const rows = await database.query<{ id: string; store_id: string }>(
    `with made as (
       insert into chat_session (store_id, created, updated, last_message_at)
       select id, moment, moment, moment
       from unnest($1::bigint[]) as id, (select now() - interval '1 hour' as moment) as past
       returning *
     ), change as (
       insert into chat_session_change (session_id, seq, kind, session) select id, 1, 'create', to_json(made) from made
     )
     select id, store_id from made order by store_id`,
    [stores.map(({ id }) => id)],
  )
  return rows.flatMap(({ id, store_id }) => {
    const store = stores.find((one) => one.id === Number(store_id))
    return store ? { store, sessionId: Number(id) } : []
  })
}

t.test('a node delivers sessions to admins that were quiet before', async (t) => {
  const database = await createDatabase(t)
  const quiet = await addQuietSessions(database, 12)
  const take = () => quiet.pop() ?? Promise.reject(new Error('More quiet sessions are needed'))
  const network = createLossyNetwork(t)
  const [here, there] = await startNodes(t, 2, {
    ...{ database, network },
    config: { databaseStatementTimeoutMs: 2000 },
  })
  if (here === undefined || there === undefined) throw new Error('Two nodes were asked for')
  const chat = createChatClient(here)
  t.beforeEach(() => network.mend())
  const { hub } = there.app
  const watching = await enter(t, there, 'admin', await addAdmin(database))
  const isKnown = ({ sessionId }: QuietSession) => hub.admin.sequencer.positions.has(sessionId)
  const seqs = ({ frames }: SocketClient, id: number) =>
    frames.flatMap(({ payload }) =>
      (payload.message?.session_id ?? payload.session?.id) === id && payload.seq !== undefined
        ? [payload.seq as number]
        : [],
    )

  t.test('the first admin does not make it read what is open', async (t) => {
    t.equal(hub.admin.sequencer.positions.size, 0)
  })

  t.test('what is said there is delivered at once', async (t) => {
    const { store, sessionId } = await take()
    await chat.post('store/message/', store, { content: 'first' })
    await chat.post('store/message/', store, { content: 'second' })
    t.equal((await watching.next('message', ({ message }) => message.content === 'first')).seq, 2)
    await watching.next('message', ({ message }) => message.content === 'second')
    t.strictSame(seqs(watching, sessionId), [2, 3])
  })

  t.test('the last event, which was not published, is found', async (t) => {
    const { sessionId } = await take()
    await addMessages(database, sessionId, [{ content: 'lost' }, { content: 'with another' }])
    await watching.next('message', ({ message }) => message.content === 'with another', REPAIR_MS)
    t.strictSame(seqs(watching, sessionId), [2, 3])
  })

  t.test('an event that was lost comes before the one that is heard first', async (t) => {
    const { store, sessionId } = await take()
    network.cut()
    await chat.post('store/message/', store, { content: 'unheard' })
    network.mend()
    await chat.post('store/message/', store, { content: 'heard' })
    await watching.next('message', ({ message }) => message.content === 'heard')
    t.strictSame(seqs(watching, sessionId), [2, 3])
  })

  t.test('a claim that was lost is delivered to the others, though its holder comes meanwhile', async (t) => {
    const [{ store, sessionId }, admin] = [await take(), await addAdmin(database)]
    network.cut()
    await chat.post('admin/session/claim/', admin, { session_id: sessionId })
    const holder = await enter(t, there, 'admin', admin)
    await watching.next('session_update', ({ session }) => session.id === sessionId)
    network.mend()
    await chat.post('store/message/', store, { content: 'for the holder' })
    await holder.next('message', ({ message }) => message.content === 'for the holder')
    t.strictSame([seqs(watching, sessionId), seqs(holder, sessionId)], [[2], [3]])
  })

  t.test('typing there is refused, as nobody holds it', async (t) => {
    const { sessionId } = await take()
    watching.send('typing', { session_id: sessionId, is_typing: true })
    t.match(await watching.next('error'), { code: 'forbidden', session_id: sessionId })
    watching.send('typing', { session_id: 999_999, is_typing: true })
    t.match(await watching.next('error'), { code: 'not_found' })
  })

  t.test('one that is quiet again is forgotten, unless an admin here holds it', async (t) => {
    const [session, held, admin] = [await take(), await take(), await addAdmin(database)]
    const holder = await enter(t, there, 'admin', admin)
    await chat.post('admin/session/claim/', admin, { session_id: held.sessionId })
    await chat.post('store/message/', session.store, { content: 'before a rest' })
    await watching.next('message', ({ message }) => message.content === 'before a rest')
    const isForgotten = () => {
      hub.admin.forgetIdle(performance.now())
      return !isKnown(session)
    }
    await until(isForgotten, 10_000, 'no event of it can still be on the way')
    await chat.post('store/message/', session.store, { content: 'after a rest' })
    await watching.next('message', ({ message }) => message.content === 'after a rest')
    t.strictSame(seqs(watching, session.sessionId), [2, 3])
    t.ok(isKnown(held))
    await chat.post('store/message/', held.store, { content: 'for its holder' })
    await holder.next('message', ({ message }) => message.content === 'for its holder')
    t.strictSame(seqs(holder, held.sessionId), [2, 3])
  })
})
