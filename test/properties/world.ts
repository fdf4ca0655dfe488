import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import type { Test } from 'tap'
import { addAdmin, addStore, type TestAccount } from '../support/chat/accounts.js'
import { startTwoNodes, type ChatClient } from '../support/chat/chat-client.js'
import type { Answer } from '../support/clients/client.js'
import { clearSessions } from '../support/chat/sessions.js'
import { findDisorder, readStory } from '../support/chat/session-events.js'
import { Model, type ModelMessage, type ModelSession } from './model.js'

/** Two nodes, three stores and three admins, and the model of them. */
export interface World {
  nodes: [ChatClient, ChatClient]
  stores: TestAccount[]
  admins: TestAccount[]
  model: Model
}

const three = <T>(make: () => Promise<T>) => Promise.all(Array.from({ length: 3 }, make))

export async function createWorld(t: Test): Promise<World> {
  const nodes = await startTwoNodes(t)
  const { database } = nodes[0].node
  const [stores, admins] = [await three(() => addStore(database)), await three(() => addAdmin(database))]
  return { nodes, stores, admins, model: new Model() }
}

/** Starts over with the same accounts. */
export async function resetWorld({ nodes, admins, ...world }: World): Promise<World> {
  const { database } = nodes[0].node
  const { query } = database
  await clearSessions(database)
  await query('update open_session_count set count = 0')
  await query('update admin set notifications_read_up_to = 0')
  const model = new Model()
  for (const { id } of admins) model.readBy.set(id, new Set())
  return { ...world, nodes, admins, model }
}

/** A message as an answer must show it. */
export function showMessage({ model }: World, session: ModelSession, message: ModelMessage): object {
  const { id, side, senderId, content, key } = message
  const fields = { id, session_id: session.id, sender_type: side, sender_id: senderId, content }
  const status = model.statusOf(session, message)
  return { ...fields, status, ...(key !== undefined && { client_message_id: key }) }
}

export const showSession = ({ id, storeId, holderId, status }: ModelSession) => ({
  ...{ id, store_id: storeId, admin_id: holderId, status },
})

/** Compares the fields that the model has; the OpenAPI document checks the rest. */
export function expectFields(body: Record<string, unknown>, expected: object): void {
  deepStrictEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, body[key]])), expected)
}

export function expectMessages(world: World, session: ModelSession, found: object[], expected: ModelMessage[]): void {
  strictEqual(found.length, expected.length)
  expected.forEach((message, place) => expectFields({ ...found[place] }, showMessage(world, session, message)))
}

export function expectStatus({ status, text }: Answer, expected: number): void {
  strictEqual(status, expected, `${status} instead of ${expected}: ${text}`)
}

export async function checkNotifications({ model }: World, { get }: ChatClient, admin: TestAccount): Promise<void> {
  const expected = model.notificationsOf(admin.id)
  const { body } = await get('admin/notifications/', admin, { limit: 200 })
  deepStrictEqual(
    body.data.map(({ id, is_read }: { id: number; is_read: boolean }) => [id, is_read]),
    expected.map((message) => [message.id, model.isRead(admin.id, message)]),
  )
  const { body: counted } = await get('admin/notifications/count/', admin)
  strictEqual(counted.data.count, expected.filter((message) => !model.isRead(admin.id, message)).length)
}

/** Reads a list to its end in pages of two. */
export async function checkList({ model }: World, { get }: ChatClient, list: 'open' | 'my', admin: TestAccount) {
  const found: { id: number; last_message_at: string; last_message: { id: number } | null }[] = []
  const expected = model.sessions.filter(({ status, holderId }) =>
    list === 'open' ? status === 'open' : status === 'claimed' && holderId === admin.id,
  )
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await get(`admin/sessions/${list}/`, admin, { limit: 2, ...(cursor !== undefined && { cursor }) })
    expectStatus(page, 200)
    strictEqual(page.body.count, expected.length)
    found.push(...page.body.data)
    cursor = page.body.next_cursor
  }
  const sorted = [...found].sort((a, b) =>
    list === 'open' ? a.id - b.id : b.last_message_at.localeCompare(a.last_message_at) || b.id - a.id,
  )
  deepStrictEqual(found, sorted, `${list} is in order`)
  const pairs = (items: [number, number | undefined][]) => items.sort(([a], [b]) => a - b)
  deepStrictEqual(
    pairs(found.map(({ id, last_message }) => [id, last_message?.id])),
    pairs(expected.map(({ id, messages }) => [id, messages.at(-1)?.id])),
  )
}

/** Checks that the model, the database and the answers for each client agree. */
export async function checkWorld(world: World): Promise<void> {
  const { nodes, stores, admins, model } = world
  const { database } = nodes[0].node
  for (const store of stores) {
    const sessions = model.sessions.filter(({ storeId }) => storeId === store.id)
    strictEqual(await readStory(database, store.id), sessions.map(({ story }) => story.join(' ')).join(' / '))
  }
  for (const [place, session] of model.sessions.entries()) {
    deepStrictEqual(await findDisorder(database, session.id), [])
    const { get } = nodes[place % 2 === 0 ? 0 : 1]
    const readers = [...stores, ...admins]
    for (const reader of readers) {
      const side = stores.includes(reader) ? 'store' : 'admin'
      const mayRead = side === 'store' ? reader.id === session.storeId : [null, reader.id].includes(session.holderId)
      const answer = await get(`${side}/messages/`, reader, { session_id: session.id, limit: 200 })
      expectStatus(answer, mayRead ? 200 : side === 'store' ? 404 : 403)
      if (!mayRead) continue
      model.receive(session, side)
      expectMessages(world, session, answer.body.data, session.messages)
    }
  }
  for (const admin of admins) {
    await checkNotifications(world, nodes[1], admin)
    await checkList(world, nodes[0], 'my', admin)
  }
  const [someone] = admins
  ok(someone)
  await checkList(world, nodes[1], 'open', someone)
}
