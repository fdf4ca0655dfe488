import { createDeskEntries } from './authorization-desk.js'
import type { FormPart } from './support/files/uploads.js'

/**
 * Who calls: nobody, the store of the sessions, another store, the admin who holds them, another admin, a supervisor who
 * holds none of them, the platform.
 */
export const callers = ['nobody', 'store', 'otherStore', 'holder', 'otherAdmin', 'supervisor', 'platform'] as const
export type Caller = (typeof callers)[number]

/** Which session a call names: the store's claimed one, its closed one, another store's open one, or one that is not. */
export const targets = ['claimed', 'closed', 'open', 'unknown'] as const
export type Target = (typeof targets)[number]

/** What a call is made with. */
export interface Ids {
  sessionId: number
  /** A store's message there. */
  messageId: number
  /** The other admin. */
  otherAdminId: number
  /** The store of the sessions. */
  storeId: number
  /** A token of somebody that nobody here uses. */
  tokenId: number
  /** A file of the store. */
  fileId: string
  /** A webhook that leads nowhere, and a delivery to it. */
  webhookId: number
  deliveryId: number
  /** A note of the holder on the session; of an unknown session, one that is not. */
  noteId: number
  /** A canned reply of the holder, and a shared one. */
  ownReplyId: number
  sharedReplyId: number
}

type Statuses = [
  nobody: number,
  store: number,
  otherStore: number,
  holder: number,
  otherAdmin: number,
  supervisor: number,
  platform: number,
]

/** A route's entry: the status for each caller, by target where the route names one. */
export interface Entry {
  body?: (ids: Ids) => object
  query?: (ids: Ids) => Record<string, number | string>
  params?: (ids: Ids) => Record<string, number | string>
  /** Fields of a form. */
  form?: (ids: Ids) => FormPart[]
  statuses: Statuses | Record<Target, Statuses>
}

const session = ({ sessionId }: Ids) => ({ session_id: sessionId })

const forEverybody: Entry = { statuses: [200, 200, 200, 200, 200, 200, 200] }
const forStores: Entry = { statuses: [401, 200, 200, 403, 403, 403, 401] }
const forAdmins: Entry = { statuses: [401, 403, 403, 200, 200, 200, 401] }
const forPlatform: Statuses = [401, 401, 401, 401, 401, 401, 200]

const onWebhook: Entry = { params: ({ webhookId }) => ({ id: webhookId }), statuses: forPlatform }

const readByAdmin: Entry['statuses'] = {
  claimed: [401, 403, 403, 200, 403, 200, 401],
  closed: [401, 403, 403, 200, 403, 200, 401],
  open: [401, 403, 403, 200, 200, 200, 401],
  unknown: [401, 403, 403, 404, 404, 404, 401],
}
const actOfHolder = {
  claimed: [401, 403, 403, 200, 403, 403, 401],
  closed: [401, 403, 403, 409, 403, 403, 401],
  open: [401, 403, 403, 403, 403, 403, 401],
  unknown: [401, 403, 403, 404, 404, 404, 401],
} satisfies Entry['statuses']
/** The same where a supervisor may do it with any session that is not closed. */
const actOfHolderOrSupervisor = {
  ...actOfHolder,
  claimed: [401, 403, 403, 200, 403, 200, 401],
  closed: [401, 403, 403, 409, 403, 409, 401],
  open: [401, 403, 403, 403, 403, 200, 401],
} satisfies Entry['statuses']

/** Every route of the service. One that is missing here, or is here and not there, fails the test. */
export const entries: Record<string, Entry> = {
  'GET /health/live/': forEverybody,
  'GET /health/ready/': forEverybody,

  'GET /v1/chat/store/session/': forStores,
  'POST /v1/chat/store/message/': { ...forStores, body: () => ({ content: 'hello' }) },
  'GET /v1/chat/store/sessions/': forStores,
  'POST /v1/chat/store/close/': { statuses: [401, 200, 409, 403, 403, 403, 401] },
  'GET /v1/chat/store/messages/': {
    query: session,
    statuses: {
      claimed: [401, 200, 404, 403, 403, 403, 401],
      closed: [401, 200, 404, 403, 403, 403, 401],
      open: [401, 404, 404, 403, 403, 403, 401],
      unknown: [401, 404, 404, 403, 403, 403, 401],
    },
  },

  'GET /v1/chat/admin/sessions/open/': forAdmins,
  'GET /v1/chat/admin/sessions/my/': forAdmins,
  'GET /v1/chat/admin/sessions/': { ...forAdmins, query: ({ otherAdminId }) => ({ store_id: otherAdminId }) },
  'GET /v1/chat/admin/session/': { query: session, statuses: readByAdmin },
  'GET /v1/chat/admin/messages/': { query: session, statuses: readByAdmin },
  'POST /v1/chat/admin/session/claim/': {
    body: session,
    statuses: {
      claimed: [401, 403, 403, 200, 409, 409, 401],
      closed: [401, 403, 403, 409, 409, 409, 401],
      open: [401, 403, 403, 200, 200, 200, 401],
      unknown: [401, 403, 403, 404, 404, 404, 401],
    },
  },
  'POST /v1/chat/admin/session/release/': {
    body: session,
    // One that is open already cannot be released.
    statuses: { ...actOfHolderOrSupervisor, open: [401, 403, 403, 403, 403, 409, 401] },
  },
  'POST /v1/chat/admin/session/transfer/': {
    body: ({ sessionId, otherAdminId }) => ({ session_id: sessionId, admin_id: otherAdminId }),
    statuses: actOfHolderOrSupervisor,
  },
  'POST /v1/chat/admin/close/': { body: session, statuses: actOfHolderOrSupervisor },
  'POST /v1/chat/admin/message/': {
    body: ({ sessionId }) => ({ session_id: sessionId, content: 'hello' }),
    statuses: actOfHolder,
  },

  ...createDeskEntries({ forAdmins, readByAdmin, session }),
  'GET /v1/chat/admin/search/': { ...forAdmins, query: () => ({ q: 'nothing of this' }) },
  'GET /v1/chat/admin/reports/': { statuses: [401, 403, 403, 403, 403, 200, 401] },
  'GET /v1/chat/admin/transcript/': { query: session, statuses: readByAdmin },
  'GET /v1/chat/store/transcript/': {
    query: session,
    statuses: {
      claimed: [401, 200, 404, 403, 403, 403, 401],
      closed: [401, 200, 404, 403, 403, 403, 401],
      open: [401, 404, 404, 403, 403, 403, 401],
      unknown: [401, 404, 404, 403, 403, 403, 401],
    },
  },

  'POST /v1/chat/message/read/': {
    body: session,
    statuses: {
      claimed: [401, 200, 404, 200, 403, 200, 401],
      closed: [401, 200, 404, 200, 403, 200, 401],
      open: [401, 404, 404, 200, 200, 200, 401],
      unknown: [401, 404, 404, 404, 404, 404, 401],
    },
  },

  'POST /v1/chat/upload/': {
    form: ({ sessionId }) => [
      { field: 'session_id', content: `${sessionId}` },
      { field: 'file', name: 'a.txt', content: 'hello' },
    ],
    statuses: {
      claimed: [401, 200, 404, 200, 403, 200, 401],
      closed: [401, 200, 404, 200, 403, 200, 401],
      open: [401, 404, 404, 200, 200, 200, 401],
      unknown: [401, 404, 404, 404, 404, 404, 401],
    },
  },
  // Whoever has the address may read the file.
  'GET /v1/chat/files/{id}/{name}/': { params: ({ fileId }) => ({ id: fileId, name: 'a.txt' }), ...forEverybody },
  'HEAD /v1/chat/files/{id}/{name}/': { params: ({ fileId }) => ({ id: fileId, name: 'a.txt' }), ...forEverybody },

  'GET /v1/chat/me/': { statuses: [401, 200, 200, 200, 200, 200, 401] },

  'GET /v1/chat/admin/notifications/': forAdmins,
  'GET /v1/chat/admin/notifications/count/': forAdmins,
  'POST /v1/chat/admin/notifications/read/': {
    body: ({ messageId }) => ({ id: messageId }),
    statuses: {
      claimed: [401, 403, 403, 200, 404, 404, 401],
      closed: [401, 403, 403, 200, 404, 404, 401],
      open: [401, 403, 403, 200, 200, 200, 401],
      unknown: [401, 403, 403, 404, 404, 404, 401],
    },
  },
  'POST /v1/chat/admin/notifications/read-all/': forAdmins,

  // Whom a socket is for is decided before the upgrade, which these calls do not ask for.
  'GET /v1/chat/ws/store/': { statuses: [401, 426, 426, 403, 403, 403, 401] },
  'GET /v1/chat/ws/admin/': { statuses: [401, 403, 403, 426, 426, 426, 401] },

  'GET /v1/chat/platform/stores/': { statuses: forPlatform },
  'GET /v1/chat/platform/stores/{id}/': { params: ({ storeId }) => ({ id: storeId }), statuses: forPlatform },
  'PUT /v1/chat/platform/stores/{id}/': {
    params: ({ otherAdminId }) => ({ id: otherAdminId }),
    body: () => ({ name: 'Store' }),
    statuses: forPlatform,
  },
  'GET /v1/chat/platform/admins/': { statuses: forPlatform },
  'GET /v1/chat/platform/admins/{id}/': { params: ({ otherAdminId }) => ({ id: otherAdminId }), statuses: forPlatform },
  'PUT /v1/chat/platform/admins/{id}/': {
    params: ({ otherAdminId }) => ({ id: otherAdminId }),
    body: () => ({ name: 'Admin' }),
    statuses: forPlatform,
  },
  'POST /v1/chat/platform/accounts/sign-out/': {
    body: ({ otherAdminId }) => ({ admin_id: otherAdminId }),
    statuses: forPlatform,
  },
  'POST /v1/chat/platform/tokens/': {
    body: ({ otherAdminId }) => ({ admin_id: otherAdminId }),
    statuses: forPlatform,
  },
  'GET /v1/chat/platform/tokens/': { statuses: forPlatform },
  'POST /v1/chat/platform/webhooks/': { body: () => ({ url: 'https://example.com/' }), statuses: forPlatform },
  'GET /v1/chat/platform/webhooks/': { statuses: forPlatform },
  'GET /v1/chat/platform/webhooks/{id}/': onWebhook,
  'PATCH /v1/chat/platform/webhooks/{id}/': { ...onWebhook, body: () => ({}) },
  'DELETE /v1/chat/platform/webhooks/{id}/': onWebhook,
  'POST /v1/chat/platform/webhooks/{id}/rotate/': onWebhook,
  'POST /v1/chat/platform/webhooks/{id}/test/': onWebhook,
  'GET /v1/chat/platform/webhooks/{id}/deliveries/': onWebhook,
  'POST /v1/chat/platform/webhooks/deliveries/{id}/replay/': {
    params: ({ deliveryId }) => ({ id: deliveryId }),
    statuses: forPlatform,
  },
  'DELETE /v1/chat/platform/tokens/{id}/': { params: ({ tokenId }) => ({ id: tokenId }), statuses: forPlatform },
}
