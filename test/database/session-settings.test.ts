import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { createDatabase } from '../support/databases/database.js'
import { startNode, startNodes, type TestNode } from '../support/nodes/node.js'
import { closeSession } from '../support/chat/sessions.js'

/** Settings that an operator may have made for a database. Each would change an answer. */
const hostile: Record<string, string>[] = [
  {
    default_transaction_isolation: 'serializable',
    search_path: 'pg_catalog',
    '"TimeZone"': `'Asia/Kathmandu'`,
    '"DateStyle"': `'SQL, DMY'`,
    '"IntervalStyle"': 'sql_standard',
    lock_timeout: '1',
    statement_timeout: '1',
    idle_session_timeout: '1',
    bytea_output: 'escape',
    standard_conforming_strings: 'off',
  },
  {
    default_transaction_isolation: `'repeatable read'`,
    extra_float_digits: '-15',
    client_encoding: `'LATIN1'`,
    array_nulls: 'off',
    transform_null_equals: 'on',
    plan_cache_mode: 'force_generic_plan',
    synchronous_commit: 'off',
    jit: 'on',
    row_security: 'off',
    client_min_messages: 'debug5',
  },
]

/** These reach the connections of a node. They only say which messages the server sends, and who may see rows of policies. */
const harmless = ['client_min_messages', 'row_security']

t.test('settings of the database change no answer, and do not reach the connections', async (t) => {
  const database = await createDatabase(t)
  const plain = await startNode(t, { database })
  const answers = await converse(plain)
  for (const settings of hostile) {
    const other = await createDatabase(t)
    const name = new URL(other.url).pathname.slice(1)
    for (const [setting, value] of Object.entries(settings)) {
      await other.query(`alter database ${name} set ${setting} = ${value}`)
    }
    const node = await startNode(t, { database: other })
    t.same(await converse(node), answers, Object.keys(settings).join(', '))
    for (const setting of Object.keys(settings).filter((setting) => !harmless.includes(setting))) {
      t.same(await show(node, setting), await show(plain, setting))
    }
  }
})

const show = ({ app }: TestNode, setting: string) => app.db.prisma.$queryRawUnsafe(`show ${setting}`)

for (const isolation of ['repeatable read', 'serializable']) {
  t.test(`two nodes make one session where ${isolation} is the default`, async (t) => {
    const database = await createDatabase(t)
    const name = new URL(database.url).pathname.slice(1)
    await database.query(`alter database ${name} set default_transaction_isolation = '${isolation}'`)
    const nodes = await startNodes(t, 2, { database })
    const store = await addStore(database)
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => nodes.map((node) => node.get('/v1/chat/store/session/', store))).flat(),
      )
      t.same([...new Set(answers.map(({ status }) => status))], [200])
      t.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
      await closeSession(database, store.id)
    }
  })
}

t.test('what is acknowledged is on disk, whatever the server does by default', async (t) => {
  const database = await createDatabase(t)
  await database.query(`alter database ${new URL(database.url).pathname.slice(1)} set synchronous_commit = off`)
  const node = await startNode(t, { database })
  t.same(await node.app.db.prisma.$queryRaw`show synchronous_commit`, [{ synchronous_commit: 'on' }])
})

/** The answers for a store and an admin, without values that vary. */
async function converse(node: TestNode): Promise<unknown[]> {
  const { database } = node
  const chat = createChatClient(node)
  const [store, admin] = [await addStore(database, { id: 1 }), await addAdmin(database, { id: 2 })]
  const startedAt = Date.now()
  const opened = await Promise.all(Array.from({ length: 5 }, () => chat.get('store/session/', store)))
  const sessionId = opened[0]?.body.id as number
  const answers = [
    ...opened,
    await chat.post('store/message/', store, { content: "žluťoučký 🐎 \\ '", client_message_id: 'one' }),
    await chat.post('store/message/', store, { content: 'without an id' }),
    await chat.post('admin/session/claim/', admin, { session_id: sessionId }),
    await chat.post('admin/message/', admin, { session_id: sessionId, content: 'hello' }),
    await chat.get('store/session/', store),
    await chat.get('admin/sessions/my/', admin),
    await chat.get('admin/notifications/', admin),
  ]
  const times = JSON.stringify(answers.map(({ body }) => body as object)).match(/20\d\d-[\d-]+T[\d:.]+Z/g) ?? []
  for (const time of times) {
    const ageMs = Date.parse(time) - startedAt
    if (Math.abs(ageMs) > 60_000) throw new Error(`${time} is not the time`)
  }
  return answers.map(({ status, text }) => [status, text.replaceAll(/20\d\d-[\d-]+T[\d:.]+Z/g, 'time')])
}
