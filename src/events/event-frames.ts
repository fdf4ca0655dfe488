import { encodeFrame } from '../protocol/encode-frame.js'
import type { Message } from '../protocol/schemas/messages.js'
import type { Session } from '../protocol/schemas/sessions.js'
import type { NoteEvent, PresenceEvent, SessionDetailsEvent, SessionReadEvent, TypingEvent } from './events.js'

export const messageFrame = (seq: number, message: Message) => encodeFrame('message', { message, seq })

export const changeFrame = (seq: number, session: Session) => encodeFrame('session_update', { session, seq })

export const typingFrame = ({ sessionId, by, senderId, isTyping }: TypingEvent) =>
  encodeFrame('typing', { session_id: sessionId, sender_type: by, sender_id: senderId, is_typing: isTyping })

export const presenceFrame = ({ sessionId, of, isOnline }: Pick<PresenceEvent, 'sessionId' | 'of' | 'isOnline'>) =>
  encodeFrame('presence', { session_id: sessionId, sender_type: of, online: isOnline })

export const sessionReadFrame = ({ sessionId, upToMessageId }: SessionReadEvent) =>
  encodeFrame('session_read', { session_id: sessionId, up_to_message_id: upToMessageId })

export const sessionDetailsFrame = ({ sessionId, tags, priority }: SessionDetailsEvent) =>
  encodeFrame('session_details', { session_id: sessionId, tags, priority })

export const noteFrame = ({ note }: NoteEvent) => encodeFrame('note', { note })
