import type { Http } from '../transport/http.js'
import { KnownSessions, type KnownSession, type LiveEvent } from './known-sessions.js'
import type { Settings } from '../transport/options.js'
import { readMissedMessages } from './missed-messages.js'
import type { Position } from './resume-request.js'
import { createResume } from './resume.js'
import type { ServerFrames } from '../../protocol/frames.js'
import type { Message, Reset, Session, Side } from '../../protocol/wire.js'

/** After the server's history was set back, each costs it up to 200 messages. */
const RESUMED_CLOSED_SESSIONS = 50

export interface SessionLogDeps {
  settings: Settings
  side: Side
  http: Http
  connection: {
    isReady(): boolean
    generation(): number
    frameBytes(): number
    send(type: string, payload: object): void
  }
}

export interface SessionLogListener {
  message(message: Message): void
  session(session: Session): void
  /** Nothing that was reported of a session holds any more; `session` follows. */
  reset(reset: Reset): void
  /** A session does not exist any more, or is not visible to this account. */
  gone(sessionId: number): void
  /** A session was caught up with. */
  caughtUp(sessionId: number): void
}

/**
 * Follows the seq of each session and reports each event once and in order, over all connections. What is missing is asked
 * for by `resume` and, where that is more than a `sync` holds, read over HTTP.
 */
export interface SessionLog {
  /** The first frame of a connection. The server is asked for what was missed; what comes live meanwhile is buffered. */
  ready(payload: ServerFrames['ready']): void
  receive(event: LiveEvent): void
  sync(payload: ServerFrames['sync']): Promise<void>
  /** The server refused a frame that was no message. */
  refused(payload: ServerFrames['error']): void
  /** An answer over HTTP held sessions. `generation` is that of the connection when the request was made. */
  noteFetched(found: FetchedSession[], generation: number): void
  disconnected(): void
}

export interface FetchedSession {
  session: Session
  newest: Message | null | undefined
}

export function createSessionLog(
  { settings, side, http, connection }: SessionLogDeps,
  listener: SessionLogListener,
): SessionLog {
  const sessions = new KnownSessions()
  const resume = createResume({ settings, connection, positionOf })
  /** Of the present connection, or of the last one. */
  let epoch: string | undefined
  let wasReady = false

  const isAwaited = ({ buffered, isSyncing }: KnownSession) => buffered !== undefined && isSyncing !== true
  const awaited = () => [...sessions].flatMap(([id, known]) => (isAwaited(known) ? id : []))
  const isOfOtherHistory = (known: KnownSession | undefined) =>
    epoch !== undefined && known?.epoch !== undefined && known.epoch !== epoch

  function positionOf(sessionId: number): Position | undefined {
    const known = sessions.get(sessionId)
    if (known === undefined || !isAwaited(known)) return undefined
    // Of a session that is known over HTTP only, all is asked for.
    return { sessionId, seq: known.lastSeq ?? 0, epoch: epoch === undefined ? undefined : known.epoch }
  }

  function requestMissed(ids: number[]): void {
    for (const id of ids) sessions.getOrAdd(id, { epoch }).buffered ??= []
    resume.request(ids)
  }

  function reportMessage(known: KnownSession, message: Message): void {
    // Ids are in the order of the session.
    if (message.id <= known.lastMessageId) return
    known.lastMessageId = message.id
    listener.message(message)
  }

  function reportSession(known: KnownSession, session: Session): void {
    sessions.noteStatus(session.id, known, session.status)
    listener.session(session)
  }

  function advance(known: KnownSession, seq: number): void {
    known.lastSeq = Math.max(known.lastSeq ?? 0, seq)
    if (epoch === undefined) delete known.epoch
    else known.epoch = epoch
  }

  function report(known: KnownSession, { type, payload }: LiveEvent): void {
    if (type === 'message') reportMessage(known, payload.message)
    else if (payload.seq > (known.lastSeq ?? 0)) reportSession(known, payload.session)
    advance(known, payload.seq)
  }

  function receive(event: LiveEvent): void {
    const { seq } = event.payload
    const id = event.type === 'message' ? event.payload.message.session_id : event.payload.session.id
    const known = sessions.getOrAdd(id, { epoch })
    if (known.buffered) known.buffered.push(event)
    else if (known.lastSeq === undefined || seq > known.lastSeq) {
      // A store sees every event of its sessions; an admin does not see what another admin writes.
      if (side === 'store' && known.lastSeq !== undefined && seq > known.lastSeq + 1) {
        known.buffered = [event]
        requestMissed([id])
      } else report(known, event)
    }
  }

  /** Returns false when it is outdated: the connection has changed meanwhile, or the session was reset. */
  function readFurtherPages(known: KnownSession, sessionId: number): Promise<boolean> {
    const generation = connection.generation()
    const after = Math.max(known.lastMessageId, known.fetchedMessageId)
    const isOutdated = () => connection.generation() !== generation || sessions.get(sessionId) !== known
    const onMessage = (message: Message) => reportMessage(known, message)
    return readMissedMessages({ http, settings }, { side, sessionId, after, isOutdated, onMessage })
  }

  /** Also answers every open request about the session: buffered events and pages are of the lost history. */
  function restart({ session, messages, seq, complete }: ServerFrames['sync']): void {
    sessions.delete(session.id)
    const known = sessions.getOrAdd(session.id, { lastSeq: seq, epoch })
    known.lastMessageId = messages[messages.length - 1]?.id ?? 0
    listener.reset({ session, messages, complete })
    reportSession(known, session)
  }

  async function catchUp(known: KnownSession, { session, messages, seq, complete }: ServerFrames['sync']) {
    known.isSyncing = true
    for (const message of messages) {
      // A session that is known over HTTP only was asked for from its beginning.
      if (known.lastSeq !== undefined || message.id > known.fetchedMessageId) reportMessage(known, message)
    }
    if (!complete && !(await readFurtherPages(known, session.id))) return
    const { buffered = [] } = known
    delete known.buffered
    delete known.isSyncing
    const isNews = known.lastSeq === undefined || seq > known.lastSeq
    advance(known, seq)
    if (isNews) reportSession(known, session)
    // The answer to a repeated send may have come before its turn.
    for (const event of buffered.sort((one, other) => one.payload.seq - other.payload.seq)) receive(event)
    listener.caughtUp(session.id)
  }

  /** Servers that do not say which frame an error answers leave the rest of a resume unanswered, too. */
  function guessRefused({ code }: ServerFrames['error']): void {
    if (code === 'not_found' && awaited().length > 0) sessions.delete(Math.min(...awaited()))
    resume.retryLater(awaited(), { code })
  }

  function refuseSession(sessionId: number, code: string): void {
    const known = sessions.get(sessionId)
    if (known === undefined || !isAwaited(known)) return
    if (code !== 'not_found' && code !== 'forbidden') {
      resume.retryLater([sessionId], { code })
      return
    }
    sessions.delete(sessionId)
    listener.gone(sessionId)
  }

  return {
    ready({ session, epoch: present }) {
      epoch = present
      if (session) {
        const { seq, ...rest } = session
        const isNew = !sessions.has(session.id)
        // On the first connection a session is history; one that is new after a reconnect is reported from its beginning.
        const known = sessions.getOrAdd(session.id, { lastSeq: wasReady ? 0 : seq, epoch })
        if (isNew && !wasReady) reportSession(known, rest)
      }
      wasReady = true
      // A closed session does not change, but in another history it may be open.
      sessions.forgetClosed(RESUMED_CLOSED_SESSIONS, isOfOtherHistory)
      const isBehind = (id: number, known: KnownSession) =>
        isOfOtherHistory(known) ||
        (session?.id === id ? known.isClosed || known.lastSeq !== session.seq : !known.isClosed)
      requestMissed([...sessions].flatMap(([id, known]) => (isBehind(id, known) ? id : [])))
      // There is nothing to resume, but receipts may have changed.
      if (session && sessions.get(session.id)?.buffered === undefined) listener.caughtUp(session.id)
    },
    receive,
    async sync(payload) {
      const { session, seq, reset } = payload
      resume.answered()
      if (reset === true) {
        restart(payload)
        return
      }
      const known = sessions.get(session.id)
      if (known === undefined || known.isSyncing === true) return
      if (known.buffered !== undefined) await catchUp(known, payload)
      // It answers a request from before a reset, so that it need not begin where the reset ended.
      else if (known.lastSeq !== undefined && seq > known.lastSeq) requestMissed([session.id])
    },
    refused(payload) {
      const { type, session_id, code } = payload
      if (type === undefined) guessRefused(payload)
      else if (type !== 'resume') return
      else if (session_id === undefined) resume.retryLater(awaited(), { code })
      else refuseSession(session_id, code)
    },
    noteFetched(found, generation) {
      const isCovered = generation === connection.generation() && connection.isReady()
      const unsure: number[] = []
      for (const { session, newest } of found) {
        if (session.status === 'closed') continue
        // An answer between two connections may be of either's history.
        const known = sessions.getOrAdd(session.id, { epoch: isCovered ? epoch : undefined })
        if (known.lastSeq !== undefined || known.buffered) continue
        known.fetchedMessageId = Math.max(known.fetchedMessageId, newest?.id ?? 0)
        if (!isCovered) unsure.push(session.id)
      }
      if (connection.isReady() && unsure.length > 0) requestMissed(unsure)
    },
    disconnected() {
      resume.disconnected()
      for (const known of sessions.values()) {
        delete known.buffered
        delete known.isSyncing
      }
    },
  }
}
