import type { Http } from '../transport/http.js'
import { KnownSessions, type KnownSession, type LiveEvent } from './known-sessions.js'
import type { Settings } from '../transport/options.js'
import { readRest } from './read-rest.js'
import type { Position } from './resume-request.js'
import { createResumption } from './resumption.js'
import type { Message, Reset, ServerFrames, Session, Side } from '../../protocol/wire.js'

/** After the server's history was set back, each costs it up to 200 messages. */
const CLOSED_THAT_ARE_RESUMED = 50

export interface JournalDeps {
  settings: Settings
  side: Side
  http: Http
  link: {
    isReady(): boolean
    generation(): number
    frameBytes(): number
    send(type: string, payload: object): void
  }
  message(message: Message): void
  session(session: Session): void
  /** What was told of a session before does not hold any more; `session` follows. */
  reset(reset: Reset): void
  /** A session does not exist any more, or not for this account. */
  gone(sessionId: number): void
  /** A session was caught up with. */
  caughtUp(sessionId: number): void
}

/** Remembers how far each session was told, and tells each event once and in order. */
export interface Journal {
  /** The first frame of a connection. The server is asked for what was missed; what comes live meanwhile waits. */
  ready(payload: ServerFrames['ready']): void
  live(event: LiveEvent): void
  sync(payload: ServerFrames['sync']): Promise<void>
  /** A frame was refused that was none of the outbox. */
  refused(payload: ServerFrames['error']): void
  /** What answers over HTTP told of sessions; `generation`: of the connection when they were asked for. */
  note(found: { session: Session; newest: Message | null | undefined }[], generation: number): void
  lost(): void
}

export function createJournal({ settings, side, http, link, ...tell }: JournalDeps): Journal {
  const sessions = new KnownSessions()
  const resumption = createResumption({ settings, link, positionOf })
  /** Of the present connection, or of the last one. */
  let epoch: string | undefined
  let wasReady = false

  const isWaiting = ({ held, isSyncing }: KnownSession) => held !== undefined && isSyncing !== true
  const waiting = () => [...sessions].flatMap(([id, known]) => (isWaiting(known) ? id : []))
  const isOfOtherHistory = (known: KnownSession | undefined) =>
    epoch !== undefined && known?.epoch !== undefined && known.epoch !== epoch

  function positionOf(sessionId: number): Position | undefined {
    const known = sessions.get(sessionId)
    if (known === undefined || !isWaiting(known)) return undefined
    // Of a session that is known over HTTP only, all is asked for.
    return { sessionId, seq: known.last ?? 0, epoch: epoch === undefined ? undefined : known.epoch }
  }

  function resume(ids: number[]): void {
    for (const id of ids) sessions.know(id, { epoch }).held ??= []
    resumption.ask(ids)
  }

  function tellMessage(known: KnownSession, message: Message): void {
    // Ids are in the order of the session.
    if (message.id <= known.lastMessageId) return
    known.lastMessageId = message.id
    tell.message(message)
  }

  function tellSession(known: KnownSession, session: Session): void {
    sessions.noteStatus(session.id, known, session.status)
    tell.session(session)
  }

  function advance(known: KnownSession, seq: number): void {
    known.last = Math.max(known.last ?? 0, seq)
    if (epoch === undefined) delete known.epoch
    else known.epoch = epoch
  }

  function deliver(known: KnownSession, { type, payload }: LiveEvent): void {
    if (type === 'message') tellMessage(known, payload.message)
    else if (payload.seq > (known.last ?? 0)) tellSession(known, payload.session)
    advance(known, payload.seq)
  }

  function live(event: LiveEvent): void {
    const { seq } = event.payload
    const id = event.type === 'message' ? event.payload.message.session_id : event.payload.session.id
    const known = sessions.know(id, { epoch })
    if (known.held) known.held.push(event)
    else if (known.last === undefined || seq > known.last) {
      // A store sees every event of its sessions; an admin not what another writes.
      if (side === 'store' && known.last !== undefined && seq > known.last + 1) {
        known.held = [event]
        resume([id])
      } else deliver(known, event)
    }
  }

  /** Returns false when it is outdated: the connection has changed meanwhile, or the session was reset. */
  function fetchRest(known: KnownSession, sessionId: number): Promise<boolean> {
    const generation = link.generation()
    const after = Math.max(known.lastMessageId, known.fetchedMessageId)
    const isOutdated = () => link.generation() !== generation || sessions.get(sessionId) !== known
    const found = (message: Message) => tellMessage(known, message)
    return readRest({ http, settings }, { side, sessionId, after, isOutdated, found })
  }

  /** Also answers whatever was asked of the session before: events held back and pages under way are of the lost history. */
  function restart({ session, messages, seq, complete }: ServerFrames['sync']): void {
    sessions.delete(session.id)
    const known = sessions.know(session.id, { last: seq, epoch })
    known.lastMessageId = messages.at(-1)?.id ?? 0
    tell.reset({ session, messages, complete })
    tellSession(known, session)
  }

  async function catchUp(known: KnownSession, { session, messages, seq, complete }: ServerFrames['sync']) {
    known.isSyncing = true
    for (const message of messages) {
      // What is known over HTTP only was asked for from its beginning.
      if (known.last !== undefined || message.id > known.fetchedMessageId) tellMessage(known, message)
    }
    if (!complete && !(await fetchRest(known, session.id))) return
    const { held = [] } = known
    delete known.held
    delete known.isSyncing
    const isNews = known.last === undefined || seq > known.last
    advance(known, seq)
    if (isNews) tellSession(known, session)
    // An answer to a repeated send may have come before its turn.
    for (const event of held.sort((one, other) => one.payload.seq - other.payload.seq)) live(event)
    tell.caughtUp(session.id)
  }

  /** Servers that do not say what an error answers leave the rest of a resume unanswered, too. */
  function guessRefused({ code }: ServerFrames['error']): void {
    if (code === 'not_found' && waiting().length > 0) sessions.delete(Math.min(...waiting()))
    resumption.repeatLater(waiting(), { code })
  }

  function refuseOne(sessionId: number, code: string): void {
    const known = sessions.get(sessionId)
    if (known === undefined || !isWaiting(known)) return
    if (code !== 'not_found' && code !== 'forbidden') {
      resumption.repeatLater([sessionId], { code })
      return
    }
    sessions.delete(sessionId)
    tell.gone(sessionId)
  }

  return {
    ready({ session, epoch: present }) {
      epoch = present
      if (session) {
        const { seq, ...rest } = session
        const isNew = !sessions.has(session.id)
        // What is there at the first look is history; what appeared while away is news, from its beginning.
        const known = sessions.know(session.id, { last: wasReady ? 0 : seq, epoch })
        if (isNew && !wasReady) tellSession(known, rest)
      }
      wasReady = true
      // A closed session does not change, but in another history it may be open.
      sessions.forgetClosed(CLOSED_THAT_ARE_RESUMED, isOfOtherHistory)
      const isBehind = (id: number, known: KnownSession) =>
        isOfOtherHistory(known) || (session?.id === id ? known.isClosed || known.last !== session.seq : !known.isClosed)
      resume([...sessions].flatMap(([id, known]) => (isBehind(id, known) ? id : [])))
      // Nothing to resume, but ticks may have turned.
      if (session && sessions.get(session.id)?.held === undefined) tell.caughtUp(session.id)
    },
    live,
    async sync(payload) {
      const { session, seq, reset } = payload
      resumption.answered()
      if (reset === true) {
        restart(payload)
        return
      }
      const known = sessions.get(session.id)
      if (known === undefined || known.isSyncing === true) return
      if (known.held !== undefined) await catchUp(known, payload)
      // It answers what was asked before a reset, so it need not begin where that ended.
      else if (known.last !== undefined && seq > known.last) resume([session.id])
    },
    refused(payload) {
      const { type, session_id, code } = payload
      if (type === undefined) guessRefused(payload)
      else if (type !== 'resume') return
      else if (session_id === undefined) resumption.repeatLater(waiting(), { code })
      else refuseOne(session_id, code)
    },
    note(found, generation) {
      const isCovered = generation === link.generation() && link.isReady()
      const unsure: number[] = []
      for (const { session, newest } of found) {
        if (session.status === 'closed') continue
        // Which history an answer between two connections is of, is not known.
        const known = sessions.know(session.id, { epoch: isCovered ? epoch : undefined })
        if (known.last !== undefined || known.held) continue
        known.fetchedMessageId = Math.max(known.fetchedMessageId, newest?.id ?? 0)
        if (!isCovered) unsure.push(session.id)
      }
      if (link.isReady() && unsure.length > 0) resume(unsure)
    },
    lost() {
      resumption.lost()
      for (const known of sessions.values()) {
        delete known.held
        delete known.isSyncing
      }
    },
  }
}
