import type { Entry, Ids } from './authorization-table.js'

/** The entries of the desk's routes, made from what the table has. */
export const createDeskEntries = ({
  forAdmins,
  readByAdmin,
  session,
}: {
  forAdmins: Entry
  readByAdmin: Entry['statuses']
  session: (ids: Ids) => { session_id: number }
}): Record<string, Entry> => ({
  'GET /v1/chat/admin/sessions/counts/': forAdmins,
  'GET /v1/chat/admin/admins/': forAdmins,
  'POST /v1/chat/admin/session/update/': {
    body: ({ sessionId }) => ({ session_id: sessionId, tags: ['refund'], priority: 3 }),
    statuses: readByAdmin,
  },
  'GET /v1/chat/admin/notes/': { query: session, statuses: readByAdmin },
  'POST /v1/chat/admin/notes/': {
    body: ({ sessionId }) => ({ session_id: sessionId, content: 'hello' }),
    statuses: readByAdmin,
  },
  // The holder has written them all, whoever may read the session by now.
  'DELETE /v1/chat/admin/notes/{id}/': {
    params: ({ noteId }) => ({ id: noteId }),
    statuses: {
      claimed: [401, 403, 403, 200, 404, 200, 401],
      closed: [401, 403, 403, 200, 404, 200, 401],
      open: [401, 403, 403, 200, 403, 200, 401],
      unknown: [401, 403, 403, 404, 404, 404, 401],
    },
  },
  'GET /v1/chat/admin/canned/': forAdmins,
  'POST /v1/chat/admin/canned/': {
    body: () => ({ shortcut: 'hello', content: 'hello', shared: true }),
    statuses: [401, 403, 403, 403, 403, 200, 401],
  },
  'PUT /v1/chat/admin/canned/{id}/': {
    params: ({ sharedReplyId }) => ({ id: sharedReplyId }),
    body: () => ({ shortcut: 'shared', content: 'hello' }),
    statuses: [401, 403, 403, 403, 403, 200, 401],
  },
  // That of another admin does not exist, not for a supervisor either.
  'DELETE /v1/chat/admin/canned/{id}/': {
    params: ({ ownReplyId }) => ({ id: ownReplyId }),
    statuses: [401, 403, 403, 200, 404, 404, 401],
  },
  'POST /v1/chat/admin/canned/{id}/use/': {
    params: ({ sharedReplyId }) => ({ id: sharedReplyId }),
    body: session,
    statuses: readByAdmin,
  },

  'POST /v1/chat/store/rating/': {
    body: ({ sessionId }) => ({ session_id: sessionId, score: 5 }),
    statuses: {
      claimed: [401, 409, 404, 403, 403, 403, 401],
      closed: [401, 200, 404, 403, 403, 403, 401],
      open: [401, 404, 404, 403, 403, 403, 401],
      unknown: [401, 404, 404, 403, 403, 403, 401],
    },
  },
  'GET /v1/chat/store/rating/': {
    query: session,
    statuses: {
      claimed: [401, 404, 404, 403, 403, 403, 401],
      closed: [401, 200, 404, 403, 403, 403, 401],
      open: [401, 404, 404, 403, 403, 403, 401],
      unknown: [401, 404, 404, 403, 403, 403, 401],
    },
  },
})
