import type { Static } from '@sinclair/typebox'
import t from 'tap'
import type * as client from '../../src/client/index.js'
import type { serverFrames } from '../../src/protocol/schemas/server-frames.js'
import type { Store } from '../../src/protocol/schemas/accounts.js'
import type { Message, StoreMessageInputSchema } from '../../src/protocol/schemas/messages.js'
import type {
  AdminSessionSchema,
  CannedReply,
  Colleague,
  ListedSessionSchema,
  Note,
  RatedSessionSchema,
  Rating,
  SessionCounts,
  SessionForAdmins,
  SessionForAdminsWithStore,
} from '../../src/protocol/schemas/desk.js'
import type { SessionSchema, SessionWithStoreSchema, StoreSessionSchema } from '../../src/protocol/schemas/sessions.js'
import type { NotificationSchema } from '../../src/protocol/schemas/notifications.js'
import type { OwnSessionPageSchema } from '../../src/sessions/list-store-sessions.js'

type Equal<One, Other> = [Exact<Flat<One>>] extends [Exact<Flat<Other>>] ? true : false
/** Only the very same type fits, optional keys included. */
type Exact<T> = (value: { it: T }) => { it: Required<T>; keys: keyof T; self: T }
/** The same type, spelt out. */
type Flat<T> = T extends object ? { [Key in keyof T]: Flat<T[Key]> } : T

type Frames = { [T in keyof typeof serverFrames]: Static<(typeof serverFrames)[T]> }

/** What older servers do not send is optional to the client. */
type NewFields = 'epoch' | 'account' | 'limits' | 'reset' | 'type' | 'session_id'
type SameFrame<One, Other> =
  Equal<Omit<One, NewFields>, Omit<Other, NewFields>> extends true ? (Other extends One ? true : false) : false

const equal: {
  store: Equal<client.Store, Store>
  session: Equal<client.Session, Static<typeof SessionSchema>>
  storeSession: Equal<client.StoreSession, Static<typeof StoreSessionSchema>>
  ownSessions: Equal<client.SessionHistory<client.OwnSession>, Static<typeof OwnSessionPageSchema>>
  listedSession: Equal<client.ListedSession, Static<typeof ListedSessionSchema>>
  ratedSession: Equal<client.RatedSession, Static<typeof RatedSessionSchema>>
  sessionForAdmins: Equal<client.SessionForAdmins, SessionForAdmins>
  sessionForAdminsWithStore: Equal<client.SessionForAdminsWithStore, SessionForAdminsWithStore>
  sessionCounts: Equal<client.SessionCounts, SessionCounts>
  rating: Equal<client.Rating, Rating>
  note: Equal<client.Note, Note>
  cannedReply: Equal<client.CannedReply, CannedReply>
  colleague: Equal<client.Colleague, Colleague>
  sessionWithStore: Equal<client.SessionWithStore, Static<typeof SessionWithStoreSchema>>
  adminSession: Equal<client.AdminSession, Static<typeof AdminSessionSchema>>
  message: Equal<client.Message, Message>
  input: Equal<client.MessageInput, Static<typeof StoreMessageInputSchema>>
  notification: Equal<client.Notification, Static<typeof NotificationSchema>>
  frameTypes: Equal<keyof client.ServerFrames, keyof Frames>
  // Each by itself: of a mapped type the compiler would put the comparison off, and take anything for it.
  ready: SameFrame<client.ServerFrames['ready'], Frames['ready']>
  messageFrame: Equal<client.ServerFrames['message'], Frames['message']>
  messageStatus: Equal<client.ServerFrames['message_status'], Frames['message_status']>
  sessionRead: Equal<client.ServerFrames['session_read'], Frames['session_read']>
  adminConnected: Equal<client.ServerFrames['admin_connected'], Frames['admin_connected']>
  adminDisconnected: Equal<client.ServerFrames['admin_disconnected'], Frames['admin_disconnected']>
  sessionUpdate: Equal<client.ServerFrames['session_update'], Frames['session_update']>
  newNotification: Equal<client.ServerFrames['new_notification'], Frames['new_notification']>
  sessionDetails: Equal<client.ServerFrames['session_details'], Frames['session_details']>
  noteFrame: Equal<client.ServerFrames['note'], Frames['note']>
  presence: Equal<client.ServerFrames['presence'], Frames['presence']>
  typing: Equal<client.ServerFrames['typing'], Frames['typing']>
  sync: SameFrame<client.ServerFrames['sync'], Frames['sync']>
  error: SameFrame<client.ServerFrames['error'], Frames['error']>
  pong: client.ServerFrames['pong'] extends Frames['pong'] ? true : false
} = {
  store: true,
  session: true,
  storeSession: true,
  ownSessions: true,
  listedSession: true,
  ratedSession: true,
  sessionForAdmins: true,
  sessionForAdminsWithStore: true,
  sessionCounts: true,
  rating: true,
  note: true,
  cannedReply: true,
  colleague: true,
  sessionWithStore: true,
  adminSession: true,
  message: true,
  input: true,
  notification: true,
  frameTypes: true,
  ready: true,
  messageFrame: true,
  messageStatus: true,
  sessionRead: true,
  adminConnected: true,
  adminDisconnected: true,
  sessionUpdate: true,
  newNotification: true,
  sessionDetails: true,
  noteFrame: true,
  presence: true,
  typing: true,
  sync: true,
  error: true,
  pong: true,
}

t.test('what the client says of the wire is what the server says', async (t) => {
  t.ok(equal, 'the compiler has checked it')
})
