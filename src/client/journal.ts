import { chooseRetryMs } from './backoff.js'
import { ChatError } from './chat-error.js'
import type { Http } from './http.js'
import type { Settings } from './options.js'
import type { History, Message, ServerFrames, Session, Side } from './wire.js'

type Live =
  | { type: 'message'; payload: ServerFrames['message'] }
  | { type: 'session_update'; payload: ServerFrames['session_update'] }

/** What is known of a session. */
interface Known {
  /** The seq of the newest event that was told; undefined when the session is known over HTTP only. */
  last?: number
  /** The newest message that was told. */
  lastMessageId: number
  /** The newest message that an answer over HTTP held. */
  fetched: { id: number; created: string }
  isClosed: boolean
  /** While the server is asked what was missed: what came live since. */
  held?: Live[]
  /** The answer has come and is being completed. */
  isSyncing?: boolean
}

/** The protocol's bound for one frame. */
const SESSIONS_PER_RESUME = 200
const PAGE = 200
/** As a last seq: asks how a session stands, and for no messages. */
const EVERYTHING = Number.MAX_SAFE_INTEGER
/** Stragglers concern sessions that were closed lately. */
const CLOSED_THAT_ARE_KNOWN = 1000

export interface JournalRoom {
  settings: Settings
  side: Side
  http: Http
  link: { isReady(): boolean; generation(): number; send(type: string, payload: object): void }
  message(message: Message): void
  session(session: Session): void
  /** A session was caught up with. */
  caughtUp(sessionId: number): void
}

/**
 * Remembers how far each session was told, and tells each event once and in order: after every reconnect the server is
 * asked for what was missed, and what comes live meanwhile waits for the answer.
 */
export function createJournal({ settings, side, http, link, ...tell }: JournalRoom) {
  const sessions = new Map<number, Known>()
  const closed: number[] = []
  let wasReady = false
  let retryTimer: ReturnType<typeof setTimeout> | undefined

  function know(id: number, last?: number): Known {
    let known = sessions.get(id)
    if (known === undefined) {
      known = { lastMessageId: 0, fetched: { id: 0, created: '' }, isClosed: false }
      if (last !== undefined) known.last = last
      sessions.set(id, known)
    }
    return known
  }

  function resume(ids: number[]): void {
    // The server answers in the order of the ids.
    const ordered = [...ids].sort((one, other) => one - other)
    while (ordered.length > 0) {
      const entries = ordered.splice(0, SESSIONS_PER_RESUME).map((id) => {
        const known = know(id)
        known.held ??= []
        return [id, known.last ?? (known.fetched.id > 0 ? EVERYTHING : 0)]
      })
      link.send('resume', { sessions: Object.fromEntries(entries) as Record<string, number> })
    }
  }

  const waiting = () => [...sessions].flatMap(([id, { held, isSyncing }]) => (held && isSyncing !== true ? id : []))

  function tellMessage(known: Known, message: Message): void {
    // Ids are in the order of the session.
    if (message.id <= known.lastMessageId) return
    known.lastMessageId = message.id
    tell.message(message)
  }

  function tellSession(known: Known, session: Session): void {
    if (session.status === 'closed' && !known.isClosed) {
      known.isClosed = true
      closed.push(session.id)
      if (closed.length > CLOSED_THAT_ARE_KNOWN) sessions.delete(closed.shift() ?? 0)
    }
    tell.session(session)
  }

  function deliver(known: Known, { type, payload }: Live): void {
    if (type === 'message') tellMessage(known, payload.message)
    else if (payload.seq > (known.last ?? 0)) tellSession(known, payload.session)
    known.last = Math.max(known.last ?? 0, payload.seq)
  }

  function live(frame: Live): void {
    const { seq } = frame.payload
    const id = frame.type === 'message' ? frame.payload.message.session_id : frame.payload.session.id
    const known = know(id)
    if (known.held) known.held.push(frame)
    else if (known.last === undefined || seq > known.last) {
      // A store sees every event of its sessions; an admin not what another writes.
      if (side === 'store' && known.last !== undefined && seq > known.last + 1) {
        known.held = [frame]
        resume([id])
      } else deliver(known, frame)
    }
  }

  /** Returns false when the connection has changed meanwhile: then it will be asked again. */
  async function fetchRest(known: Known, sessionId: number): Promise<boolean> {
    const generation = link.generation()
    let after = Math.max(known.lastMessageId, known.fetched.id)
    for (let tries = 0; ;) {
      const page = await http
        .get<History>(`${side}/messages/`, { session_id: sessionId, after, limit: PAGE })
        .catch((error: unknown) => error as ChatError)
      if (link.generation() !== generation) return false
      if (page instanceof ChatError) {
        // Not ours any more: then there is nothing more to be told.
        if (page.status === 403 || page.status === 404) return true
        await pause(chooseRetryMs(settings.random, settings.timing, tries++))
        if (link.generation() !== generation) return false
        continue
      }
      for (const message of page.data) tellMessage(known, message)
      after = page.data.at(-1)?.id ?? after
      if (!page.has_more) return true
    }
  }

  return {
    /** The first frame of a connection. */
    ready({ session }: ServerFrames['ready']): void {
      if (session) {
        const { seq, ...rest } = session
        const isNew = !sessions.has(session.id)
        // What is there at the first look is history; what appeared while away is news, from its beginning.
        const known = know(session.id, wasReady ? 0 : seq)
        if (isNew && !wasReady) tellSession(known, rest)
      }
      wasReady = true
      const behind = [...sessions].filter(
        ([id, { isClosed, last }]) => !isClosed && !(session?.id === id && session.seq === last),
      )
      resume(behind.map(([id]) => id))
      // Nothing to resume, but ticks may have turned.
      if (session && sessions.get(session.id)?.last === session.seq) tell.caughtUp(session.id)
    },
    live,
    async sync({ session, messages, seq, complete }: ServerFrames['sync']): Promise<void> {
      const known = sessions.get(session.id)
      if (known?.held === undefined || known.isSyncing === true) return
      known.isSyncing = true
      for (const message of messages) tellMessage(known, message)
      const { fetched } = known
      const isUnsure = known.last === undefined && fetched.id > 0 && session.last_message_at > fetched.created
      if ((!complete || isUnsure) && !(await fetchRest(known, session.id))) return
      const { held } = known
      delete known.held
      delete known.isSyncing
      if (known.last === undefined || seq > known.last) {
        known.last = seq
        tellSession(known, session)
      }
      // An answer to a repeated send may have come before its turn.
      for (const frame of held.sort((one, other) => one.payload.seq - other.payload.seq)) live(frame)
      tell.caughtUp(session.id)
    },
    /** A frame was refused that had no `client_message_id`. */
    refused(code: string): void {
      const [first] = waiting()
      if (first === undefined) return
      // The server leaves the rest of a resume unanswered.
      if (code === 'not_found') sessions.delete(Math.min(...waiting()))
      retryTimer ??= setTimeout(() => {
        retryTimer = undefined
        if (link.isReady()) resume(waiting())
      }, settings.timing.retryMs)
    },
    /** What answers over HTTP told of sessions; `generation`: of the connection when they were asked for. */
    note(found: { session: Session; newest: Message | null | undefined }[], generation: number): void {
      const isCovered = generation === link.generation() && link.isReady()
      const unsure: number[] = []
      for (const { session, newest } of found) {
        if (session.status === 'closed') continue
        const known = know(session.id)
        if (known.last !== undefined || known.held) continue
        if (newest && newest.id > known.fetched.id) known.fetched = { id: newest.id, created: newest.created }
        if (!isCovered) unsure.push(session.id)
      }
      if (link.isReady() && unsure.length > 0) resume(unsure)
    },
    lost(): void {
      clearTimeout(retryTimer)
      retryTimer = undefined
      for (const known of sessions.values()) {
        delete known.held
        delete known.isSyncing
      }
    },
  }
}

export type Journal = ReturnType<typeof createJournal>

const pause = (pauseMs: number) => new Promise((resolve) => setTimeout(resolve, pauseMs))
