import { addAdmin, addStore, type StoreFields, type TestAccount } from './accounts.js'
import type { ChatClient } from './chat-client.js'

/** A session with its store, and an admin who may hold it. */
export interface Conversation {
  store: TestAccount
  admin: TestAccount
  sessionId: number
}

/** A new store with an open session, and a new admin. */
export async function openConversation({ node, get }: ChatClient, fields: StoreFields = {}): Promise<Conversation> {
  const [store, admin] = await Promise.all([addStore(node.database, fields), addAdmin(node.database)])
  const { body } = await get('store/session/', store)
  return { store, admin, sessionId: body.id }
}

/** A new store whose session a new admin has claimed. */
export async function claimConversation(chat: ChatClient, fields: StoreFields = {}): Promise<Conversation> {
  const conversation = await openConversation(chat, fields)
  const { status } = await chat.post('admin/session/claim/', conversation.admin, { session_id: conversation.sessionId })
  if (status !== 200) throw new Error(`The claim was answered with ${status}`)
  return conversation
}

/** A new store whose session was claimed and closed by a new admin. */
export async function closeConversation(chat: ChatClient): Promise<Conversation> {
  const conversation = await claimConversation(chat)
  const { status } = await chat.post('admin/close/', conversation.admin, { session_id: conversation.sessionId })
  if (status !== 200) throw new Error(`The close was answered with ${status}`)
  return conversation
}

/** Sends messages of a store one after the other and returns their ids. */
export async function sendMessages({ post }: ChatClient, store: TestAccount, count: number): Promise<number[]> {
  const ids: number[] = []
  for (let index = 0; index < count; index++) {
    const { body } = await post('store/message/', store, { content: `message ${index}` })
    ids.push(body.message.id)
  }
  return ids
}
