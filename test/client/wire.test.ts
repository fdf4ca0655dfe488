import type { Static } from '@sinclair/typebox'
import t from 'tap'
import type * as client from '../../src/client/index.js'
import type { Store } from '../../src/accounts/accounts.js'
import type { Message } from '../../src/messages/message.js'
import type { StoreMessageInputSchema } from '../../src/messages/message-input.js'
import type { NotificationSchema } from '../../src/notifications/notifications.js'
import type { serverFrames } from '../../src/realtime/server-frames.js'
import type {
  AdminSessionSchema,
  Session,
  SessionWithStoreSchema,
  StoreSessionSchema,
} from '../../src/sessions/session.js'

type Equal<One, Other> = [Exact<Flat<One>>] extends [Exact<Flat<Other>>] ? true : false
/** Only the very same type fits, optional keys included. */
type Exact<T> = (value: { it: T }) => { it: Required<T>; keys: keyof T; self: T }
/** The same type, spelt out. */
type Flat<T> = T extends object ? { [Key in keyof T]: Flat<T[Key]> } : T

type Frames = { [T in keyof typeof serverFrames]: Static<(typeof serverFrames)[T]> }

const equal: {
  store: Equal<client.Store, Store>
  session: Equal<client.Session, Session>
  storeSession: Equal<client.StoreSession, Static<typeof StoreSessionSchema>>
  sessionWithStore: Equal<client.SessionWithStore, Static<typeof SessionWithStoreSchema>>
  adminSession: Equal<client.AdminSession, Static<typeof AdminSessionSchema>>
  message: Equal<client.Message, Message>
  input: Equal<client.MessageInput, Static<typeof StoreMessageInputSchema>>
  notification: Equal<client.Notification, Static<typeof NotificationSchema>>
  frameTypes: Equal<keyof client.ServerFrames, keyof Frames>
  frames: { [T in keyof Frames]: Equal<client.ServerFrames[T], Frames[T]> }
} = {
  store: true,
  session: true,
  storeSession: true,
  sessionWithStore: true,
  adminSession: true,
  message: true,
  input: true,
  notification: true,
  frameTypes: true,
  frames: {
    ready: true,
    message: true,
    message_status: true,
    admin_connected: true,
    admin_disconnected: true,
    session_update: true,
    new_notification: true,
    presence: true,
    typing: true,
    sync: true,
    error: true,
    pong: true,
  },
}

t.test('what the client says of the wire is what the server says', async (t) => {
  t.ok(equal, 'the compiler has checked it')
})
