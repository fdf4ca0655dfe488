import { ok, strictEqual } from 'node:assert'
import fc from 'fast-check'
import type { TestAccount } from '../support/chat/accounts.js'
import type { ChatClient } from '../support/chat/chat-client.js'
import type { Answer } from '../support/clients/client.js'
import type { ModelSession, Side } from './model.js'
import {
  checkList,
  checkNotifications,
  expectFields,
  expectMessages,
  expectStatus,
  showMessage,
  showSession,
  type World,
} from './world.js'

/** Random numbers that choose the actor, the node, the session and the values. */
export interface Choice {
  act: keyof typeof acts
  node: 0 | 1
  store: number
  admin: number
  pick: number
  text: number
}

/** The context of an act: the world, a client of the chosen node, and the chosen accounts and session. */
interface Scene extends World {
  chat: ChatClient
  store: TestAccount
  admin: TestAccount
  session: ModelSession | undefined
  sessionId: number
  pick: number
  text: number
}

const UNKNOWN = Number.MAX_SAFE_INTEGER

/** Two texts and three keys, or none: so that repeats and conflicts are common. */
function draftOf({ text }: Scene) {
  const key = [undefined, 'a', 'b', 'c'][text % 4]
  return { content: `text ${Math.floor(text / 4) % 2}`, ...(key !== undefined && { client_message_id: key }) }
}

async function send(scene: Scene, side: Side, post: () => Promise<Answer>, refusal: number | undefined) {
  const { model, session, sessionId } = scene
  const senderId = side === 'store' ? scene.store.id : scene.admin.id
  const { content, client_message_id: key } = draftOf(scene)
  const known = model.known(side, senderId, key)
  const answer = await post()
  if (known) {
    const isSame = known.message.content === content && (side === 'store' || known.session.id === sessionId)
    expectStatus(answer, isSame ? 200 : 409)
    if (!isSame) return
    expectFields(answer.body.session, showSession(known.session))
    expectFields(answer.body.message, showMessage(scene, known.session, known.message))
    return
  }
  expectStatus(answer, refusal ?? 200)
  if (refusal !== undefined) return
  const { id } = answer.body.message
  const target = side === 'admin' ? session : (model.activeOf(senderId) ?? model.open(senderId, answer.body.session.id))
  ok(target)
  model.append(target, { id, side, senderId, content, key })
  expectFields(answer.body.session, showSession(target))
  expectMessages(scene, target, [answer.body.message], target.messages.slice(-1))
}

/** The refusal of an act on a session that the admin does not hold. */
function refusalFor({ session, admin }: Scene): number | undefined {
  if (session === undefined) return 404
  if (session.status === 'closed') return [null, admin.id].includes(session.holderId) ? 409 : 403
  return session.holderId === admin.id ? undefined : 403
}

async function changeHeld(scene: Scene, path: string, kind: string, status: ModelSession['status'], to: number | null) {
  const { chat, admin, model, session, sessionId } = scene
  const refusal = refusalFor(scene)
  const answer = await chat.post(path, admin, { session_id: sessionId, ...(kind === 'transfer' && { admin_id: to }) })
  expectStatus(answer, refusal ?? 200)
  if (refusal !== undefined || session === undefined) return
  if (kind !== 'transfer' || to !== session.holderId) model.change(session, kind, status, to)
  expectFields(answer.body, showSession(session))
}

function mayRead({ session, store, admin }: Scene, side: Side): number {
  if (session === undefined) return 404
  if (side === 'store') return session.storeId === store.id ? 200 : 404
  return [null, admin.id].includes(session.holderId) ? 200 : 403
}

async function readHistory(scene: Scene, side: Side): Promise<void> {
  const { chat, model, session, sessionId, text } = scene
  const before = session?.messages[text % 5]?.id
  const limit = 1 + (text % 3)
  const query = { session_id: sessionId, limit, ...(before !== undefined && { before }) }
  const answer = await chat.get(`${side}/messages/`, scene[side], query)
  const status = mayRead(scene, side)
  expectStatus(answer, status)
  if (status !== 200 || session === undefined) return
  const older = session.messages.filter(({ id }) => id < (before ?? Infinity))
  model.receive(session, side, older.slice(-limit))
  expectMessages(scene, session, answer.body.data, older.slice(-limit))
  strictEqual(answer.body.has_more, older.length > limit)
}

async function markRead(scene: Scene, side: Side): Promise<void> {
  const { chat, model, session, sessionId, admin } = scene
  const status = mayRead(scene, side)
  expectStatus(await chat.post('message/read/', scene[side], { session_id: sessionId }), status)
  if (status === 200 && session) model.markRead(session, side, side === 'admin' ? admin.id : undefined)
}

const acts = {
  async getSession(scene: Scene) {
    const { chat, model, store } = scene
    const { status, body } = await chat.get('store/session/', store)
    strictEqual(status, 200)
    const session = model.activeOf(store.id) ?? model.open(store.id, body.id)
    model.receive(session, 'store')
    expectFields(body, showSession(session))
    strictEqual('store' in body, session.status === 'claimed')
    expectMessages(scene, session, body.messages, session.messages)
  },
  sendByStore: (scene: Scene) =>
    send(scene, 'store', () => scene.chat.post('store/message/', scene.store, draftOf(scene)), undefined),
  sendByAdmin: (scene: Scene) => {
    const draft = { session_id: scene.sessionId, ...draftOf(scene) }
    return send(scene, 'admin', () => scene.chat.post('admin/message/', scene.admin, draft), refusalFor(scene))
  },
  async claim({ chat, model, admin, session, sessionId }: Scene) {
    const answer = await chat.post('admin/session/claim/', admin, { session_id: sessionId })
    const isOwn = session?.status === 'claimed' && session.holderId === admin.id
    expectStatus(answer, session === undefined ? 404 : session.status === 'open' || isOwn ? 200 : 409)
    if (session?.status === 'open') model.change(session, 'claim', 'claimed', admin.id)
    if (session && answer.status === 200) expectFields(answer.body, showSession(session))
  },
  release: (scene: Scene) => changeHeld(scene, 'admin/session/release/', 'release', 'open', null),
  transfer: (scene: Scene) => {
    const to = scene.admins[scene.text % 3]?.id ?? null
    return changeHeld(scene, 'admin/session/transfer/', 'transfer', 'claimed', to)
  },
  closeByAdmin: (scene: Scene) => changeHeld(scene, 'admin/close/', 'close', 'closed', scene.admin.id),
  async closeByStore({ chat, model, store }: Scene) {
    const session = model.activeOf(store.id)
    const answer = await chat.post('store/close/', store)
    expectStatus(answer, session ? 200 : 409)
    if (!session) return
    model.change(session, 'close', 'closed', session.holderId)
    expectFields(answer.body, showSession(session))
  },
  async fetchByAdmin(scene: Scene) {
    const { chat, model, admin, session, sessionId } = scene
    const answer = await chat.get('admin/session/', admin, { session_id: sessionId })
    const status = mayRead(scene, 'admin')
    expectStatus(answer, status)
    if (status !== 200 || session === undefined) return
    model.receive(session, 'admin')
    expectFields(answer.body, showSession(session))
    expectMessages(scene, session, answer.body.messages, session.messages)
  },
  historyOfStore: (scene: Scene) => readHistory(scene, 'store'),
  historyOfAdmin: (scene: Scene) => readHistory(scene, 'admin'),
  readByStore: (scene: Scene) => markRead(scene, 'store'),
  readByAdmin: (scene: Scene) => markRead(scene, 'admin'),
  listOpen: (scene: Scene) => checkList(scene, scene.chat, 'open', scene.admin),
  listMy: (scene: Scene) => checkList(scene, scene.chat, 'my', scene.admin),
  listNotifications: (scene: Scene) => checkNotifications(scene, scene.chat, scene.admin),
  async readNotification({ chat, model, admin, session, text }: Scene) {
    const message = session?.messages[text % Math.max(1, session.messages.length)]
    const isConcerned = model.notificationsOf(admin.id).some(({ id }) => id === message?.id)
    const answer = await chat.post('admin/notifications/read/', admin, { id: message?.id ?? UNKNOWN })
    expectStatus(answer, isConcerned ? 200 : 404)
    if (isConcerned && message) model.readBy.get(admin.id)?.add(message.id)
  },
  async readAll({ chat, model, admin }: Scene) {
    expectStatus(await chat.post('admin/notifications/read-all/', admin), 200)
    for (const { id } of model.notificationsOf(admin.id)) model.readBy.get(admin.id)?.add(id)
  },
  /** Old messages never change. */
  async letTimePass({ chat }: Scene) {
    const { query } = chat.node.database
    await query(`update chat_message set created = created - interval '3 minutes'`)
    await query(`update chat_session set created = created - interval '3 minutes', closed_at = closed_at - interval '3 minutes',
      updated = updated - interval '3 minutes', last_message_at = last_message_at - interval '3 minutes'`)
  },
}

/** Acts that continue a conversation are more frequent than those that end it. */
const weights: Partial<Record<keyof typeof acts, number>> = {
  sendByStore: 6,
  sendByAdmin: 4,
  claim: 4,
  getSession: 3,
  closeByAdmin: 2,
  closeByStore: 2,
  readNotification: 2,
}

export const anyChoice: fc.Arbitrary<Choice> = fc.record({
  act: fc.oneof(
    ...Object.keys(acts).map((act) => ({
      arbitrary: fc.constant(act as keyof typeof acts),
      weight: weights[act as keyof typeof acts] ?? 1,
    })),
  ),
  node: fc.constantFrom(0, 1),
  store: fc.nat(5),
  admin: fc.nat(5),
  pick: fc.nat(9),
  text: fc.nat(59),
})

/** Runs one act and compares its answer with the model's. */
export async function perform(world: World, { act, node, store, admin, pick, text }: Choice): Promise<void> {
  const session = world.model.sessions.at(-1 - (pick % 4))
  // Every other time the owner of the session: otherwise most acts would be refused.
  const holder = admin < 3 ? undefined : world.admins.find(({ id }) => id === session?.holderId)
  const owner = store < 3 ? undefined : world.stores.find(({ id }) => id === session?.storeId)
  const [storeAccount, adminAccount] = [owner ?? world.stores[store % 3], holder ?? world.admins[admin % 3]]
  ok(storeAccount && adminAccount)
  const scene = { ...world, chat: world.nodes[node], store: storeAccount, admin: adminAccount, session, pick, text }
  await acts[act]({ ...scene, sessionId: session?.id ?? UNKNOWN })
}
