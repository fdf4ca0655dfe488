import type { Note, SessionDetails } from './desk.js'
import type {
  AdminRole,
  Limits,
  Message,
  Presence,
  Session,
  SessionRead,
  Side,
  StatusChange,
  Typing,
  UnreadCount,
} from './wire.js'

/** The payloads of the server's frames, by type. What older servers do not send is optional. */
export interface ServerFrames {
  ready: {
    session: (Session & { seq: number }) | null
    resume: boolean
    /** Names the history that seqs count in. It changes with a promotion or a restore. */
    epoch?: string
    account?: { side: Side; id: number; role?: AdminRole }
    limits?: Limits
  }
  message: { message: Message; seq: number }
  message_status: StatusChange
  session_read: SessionRead
  admin_connected: { admin_id: number; message: string }
  admin_disconnected: { admin_id: number; message: string }
  session_update: { session: Session; seq: number }
  new_notification: UnreadCount
  /** Without `seq`: who was away reads again. */
  session_details: SessionDetails & { session_id: number }
  note: { note: Note }
  presence: Presence
  typing: Typing
  sync: {
    session: Session
    messages: Message[]
    seq: number
    complete: boolean
    /** Forget what is known of the session and begin with this. Such a sync also comes without a `resume`. */
    reset?: true
  }
  error: {
    code: string
    message: string
    client_message_id?: string
    /** The type of the frame that this answers. */
    type?: string
    /** The session of that frame; of a `resume`, the one that was refused. */
    session_id?: number
  }
  pong: Record<string, never>
}

/** Any frame of the server. */
export type ServerFrame = { [T in keyof ServerFrames]: { type: T; payload: ServerFrames[T] } }[keyof ServerFrames]
