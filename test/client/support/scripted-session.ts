import type { Message, Session } from '../../../src/client/index.js'

const moment = '2026-01-01T00:00:00.000Z'

/** A session as a scripted server sends it. */
export const scriptSession = (id: number, more: Partial<Session> = {}): Session => ({
  id,
  store_id: 1,
  admin_id: null,
  status: 'open',
  last_message_at: moment,
  created: moment,
  updated: moment,
  ...more,
})

/** A message of the admin. */
export const scriptMessage = (session_id: number, id: number, more: Partial<Message> = {}): Message => ({
  id,
  session_id,
  sender_type: 'admin',
  sender_id: 2,
  content: `message ${id}`,
  attachment_url: '',
  attachment_type: '',
  status: 'sent',
  created: moment,
  ...more,
})
