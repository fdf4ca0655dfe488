import t, { type Test } from 'tap'
import type { AdminClient, StoreClient } from '../../src/client/index.js'
import { watchAdmin, watchStore } from './support/connect.js'
import { startScriptedServer } from './support/scripted-server.js'
import { scriptSession } from './support/scripted-session.js'

type Calls = Record<string, (...values: unknown[]) => Promise<unknown>>

/** The methods that return nothing, or what removes a listener. */
const notPromised = ['on', 'read', 'typing', 'reconnect', 'close']

const namesOf = (client: StoreClient | AdminClient) =>
  Object.keys(client).filter((name) => !notPromised.includes(name) && name !== 'state' && name !== 'account')

async function connect(t: Test, answer = '<html>') {
  const server = await startScriptedServer(t, { session: { ...scriptSession(7), seq: 1 }, resume: true, epoch: 'one' })
  const options = { fetch: async () => new Response(answer) }
  const store = watchStore(t, server, { token: 'a token' }, options)
  const admin = watchAdmin(t, server, { token: 'a token' }, options)
  await Promise.all([store.reaches('online'), admin.reaches('online')])
  return [store.client, admin.client]
}

const circular: Record<string, unknown> = { content: 'x' }
circular['self'] = circular
const unreadable = {
  get session_id() {
    throw new Error('unreadable')
  },
}
const values = [undefined, null, 0, 1n, 'text', Symbol('x'), [], {}, () => 1, circular, unreadable, { q: '\ud83d' }]

t.test('what a program gives a call by mistake rejects with a ChatError, and is never thrown', async (t) => {
  for (const client of await connect(t)) {
    const outcomes: [string, Promise<unknown>][] = []
    for (const name of namesOf(client)) {
      for (const [index, value] of values.entries()) {
        try {
          const call = (client as unknown as Calls)[name]?.(value, value) ?? Promise.resolve()
          outcomes.push([`${name} of ${index}`, call.catch((error: unknown) => error)])
        } catch (error) {
          t.fail(`${name} of ${index} throws ${String(error)}`)
        }
      }
    }
    // A message that the service would refuse waits for its answer.
    client.close()
    for (const [what, outcome] of outcomes) t.match(await outcome, { name: 'ChatError', code: String }, what)
  }
})

t.test('the ChatError says that the input is wrong', async (t) => {
  const [store, admin] = (await connect(t)) as unknown as [Calls, Calls]
  const calls = {
    'send nothing': store['send']?.(undefined),
    'send a text': store['send']?.('text'),
    'upload without options': store['upload']?.({ name: 'a' }, null),
    'rate with a BigInt': store['rate']?.({ session_id: 1n }),
    'rating of nothing': store['rating']?.(),
    'claim a BigInt': admin['claim']?.(1n),
    'update with a circle': admin['updateSession']?.(7, circular),
    'search for half a character': admin['search']?.({ q: '\ud83d' }),
    'delete a symbol': admin['deleteNote']?.(Symbol('x')),
    'use a circle': admin['useCanned']?.(1, circular),
  }
  for (const [name, call] of Object.entries(calls)) {
    await t.rejects(
      call ?? Promise.resolve(),
      { name: 'ChatError', status: 400, code: 'invalid_input', cause: Error },
      name,
    )
  }
})

t.test('an answer that lacks what it is asked for rejects with a ChatError', async (t) => {
  for (const answer of ['{}', '{"data":null,"messages":null}', '{"data":[null],"messages":[null],"id":7}']) {
    const [store, admin] = (await connect(t, answer)) as [StoreClient, AdminClient]
    const isList = answer.includes('[')
    const file = new File(['x'], 'a.txt')
    const calls: Record<string, Promise<unknown>> = {
      upload: store.upload(file),
      'send a file': store.send({ file }),
      openSessions: admin.openSessions(),
      mySessions: admin.mySessions(),
      sessions: admin.sessions({}),
      ...(!isList && {
        session: store.session(),
        history: store.history(),
        'sessions of a store': store.sessions(),
        'session of an admin': admin.session(7),
        'history of an admin': admin.history({ session_id: 7 }),
        notifications: admin.notifications(),
        countNotifications: admin.countNotifications(),
        admins: admin.admins(),
        notes: admin.notes({ session_id: 7 }),
        canned: admin.canned(),
        search: admin.search({ q: 'x' }),
        report: admin.report({}),
      }),
    }
    for (const [name, call] of Object.entries(calls)) {
      await t.rejects(call, { name: 'ChatError', code: 'error' }, `${name} with ${answer}`)
    }
    store.close()
    admin.close()
  }
})
