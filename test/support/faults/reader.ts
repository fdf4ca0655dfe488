import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import type { Frame, Payload } from '../clients/socket-client.js'
import type { Side } from '../../../src/protocol/account.js'

export interface ReaderOptions {
  side: Side
  account: { token: string }
  /** The origins of the nodes that are running. */
  origins(): string[]
  random(): number
  /** The last seq that it has seen of each session, by id, without the messages. */
  from?: Record<number, number>
  /** Whether the database was set back: only then may a session be reset or vanish. Default: never. */
  wasSetBack?(): boolean
}

/** A client that follows the protocol: it keeps the last seq of each session, reconnects after a cut, and resumes. */
export interface Reader {
  /** The contents of a session's messages by id, in the order of arrival. */
  messagesOf(sessionId: number): Map<number, string>
  /** The id of the first message that it must have: a `reset` drops older ones. */
  beginningOf(sessionId: number): number
  /** The last seq of a session. */
  seqOf(sessionId: number): number
  /** The epoch of its seqs, from the last `ready`. */
  epoch(): unknown
  /** Duplicates, gaps, and messages out of order. */
  violations: string[]
  counts: { deliveries: number; connects: number; syncs: number; resets: number; closeCodes: Map<number, number> }
  isConnected(): boolean
  socket(): WebSocket | undefined
}

interface Known {
  last: number
  messages: Map<number, string>
  beginning: number
}

/** The second event of a session follows its first within this time. */
const NEWLY_READY_MS = 1000

/** The most messages that a `reset` contains, the newest of the session. */
export const MESSAGES_OF_A_RESET = 200

export function startReader(
  t: Pick<Test, 'teardown'>,
  { side, account, origins, random, from = {}, wasSetBack = () => false }: ReaderOptions,
): Reader {
  const sessions = new Map<number, Known>(
    Object.entries(from).map(([id, last]) => [Number(id), { last, messages: new Map(), beginning: 0 }]),
  )
  const violations: string[] = []
  const counts = { deliveries: 0, connects: 0, syncs: 0, resets: 0, closeCodes: new Map<number, number>() }
  /** The epoch of all seqs; undefined before the first `ready`. */
  let epoch: unknown
  let current: WebSocket | undefined
  let isReady = false
  let isStopped = false

  const knownOf = (sessionId: number) => {
    let known = sessions.get(sessionId)
    if (known === undefined) sessions.set(sessionId, (known = { last: 0, messages: new Map(), beginning: 0 }))
    return known
  }
  const keep = (known: Known, { id, content }: Payload, how: string) => {
    counts.deliveries++
    if (known.messages.has(id)) violations.push(`${how}: message ${id} twice`)
    known.messages.set(id, content)
  }

  /** Runs one connection until it ends. */
  async function connect(origin: string): Promise<void> {
    const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/v1/chat/ws/${side}/`, {
      headers: { authorization: `Token ${account.token}` },
    })
    current = socket
    const early = new Map<number, Frame[]>()
    const lastLive = new Map<number, number>()
    let epochHere: unknown
    let readyAt = 0

    /** A session that began while this reader was away has no place to go on from: it is listed over HTTP. */
    const beganUnseen = (sessionId: number) => !sessions.has(sessionId) && Date.now() - readyAt < NEWLY_READY_MS
    const takeLive = (sessionId: number, { type, payload }: Frame) => {
      const mayBegin = beganUnseen(sessionId)
      const known = knownOf(sessionId)
      if (payload.seq !== known.last + 1 && !mayBegin)
        violations.push(`seq ${payload.seq} of ${sessionId} follows ${known.last}`)
      known.last = payload.seq
      if (type === 'message') keep(known, payload.message, 'live')
    }
    const takeSync = async ({ session, messages, seq, complete }: Payload) => {
      counts.syncs++
      const known = knownOf(session.id)
      for (const message of messages) keep(known, message, 'sync')
      const held = early.get(session.id) ?? []
      const until = held.flatMap(({ type, payload }) => (type === 'message' ? [payload.message.id as number] : []))[0]
      if (complete === false) await fetchRest(origin, session.id, known, until ?? Infinity)
      early.delete(session.id)
      known.last = held.length > 0 ? held[0]?.payload.seq - 1 : seq
      for (const frame of held) takeLive(session.id, frame)
    }
    /** A `reset` drops everything that came before, on this socket as well. */
    const takeReset = ({ session, messages, seq }: Payload) => {
      counts.resets++
      if (!wasSetBack()) violations.push(`reset of ${session.id}, and nothing was set back`)
      const isWhole = messages.length < MESSAGES_OF_A_RESET
      const known: Known = { last: seq, messages: new Map(), beginning: isWhole ? 0 : messages[0].id }
      sessions.set(session.id, known)
      for (const message of messages) keep(known, message, 'reset')
      early.delete(session.id)
      lastLive.set(session.id, seq)
    }
    const takeError = ({ code, type, session_id }: Payload) => {
      if (type !== 'resume' || session_id === undefined) return
      if (code === 'unavailable' || code === 'too_many') {
        socket.terminate()
        return
      }
      if (!wasSetBack()) violations.push(`resume of ${session_id}: ${code}`)
      sessions.delete(session_id)
      early.delete(session_id)
    }
    /** Until its sync arrives, the seq of a session may belong to the previous epoch. */
    const noteEpoch = () => {
      if (early.size === 0 && epochHere !== undefined) epoch = epochHere
    }
    let work = Promise.resolve()
    const handle = async (frame: Frame) => {
      const { type, payload } = frame
      if (type === 'ready') {
        isReady = true
        readyAt = Date.now()
        epochHere = payload.epoch
        const after = Object.fromEntries([...sessions].map(([id, { last }]) => [id, last]))
        if (payload.session !== null) after[payload.session.id] = knownOf(payload.session.id).last
        for (const id of Object.keys(after)) early.set(Number(id), [])
        const resume = { sessions: after, ...(epoch !== undefined && { epoch }) }
        if (early.size > 0) socket.send(JSON.stringify({ type: 'resume', payload: resume }))
      } else if (type === 'sync' && payload.reset === true) takeReset(payload)
      else if (type === 'sync') await takeSync(payload)
      else if (type === 'error') takeError(payload)
      else if (type === 'message' || type === 'session_update') {
        const sessionId = (payload.message?.session_id ?? payload.session.id) as number
        if (payload.seq <= (lastLive.get(sessionId) ?? 0)) violations.push(`seq ${payload.seq} of ${sessionId} again`)
        lastLive.set(sessionId, payload.seq)
        const waiting = early.get(sessionId)
        if (waiting) waiting.push(frame)
        else takeLive(sessionId, frame)
      }
      noteEpoch()
    }
    socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString()) as Frame
      work = work.then(() => handle(frame))
    })
    socket.on('error', () => undefined)
    const code = await new Promise<number>((resolve) => socket.once('close', resolve))
    isReady = false
    counts.closeCodes.set(code, (counts.closeCodes.get(code) ?? 0) + 1)
    // Frames from before the close count.
    await work.catch(() => undefined)
  }

  /** Reads the messages that a sync had no room for. */
  async function fetchRest(origin: string, sessionId: number, known: Known, until: number): Promise<void> {
    for (;;) {
      const after = Math.max(0, ...known.messages.keys())
      const url = `${origin}/v1/chat/${side}/messages/?session_id=${sessionId}&after=${after}&limit=200`
      const answer = await fetch(url, { headers: { authorization: `Token ${account.token}` } })
      if (answer.status !== 200) throw new Error(`The rest was answered with ${answer.status}`)
      const { data, has_more } = (await answer.json()) as { data: Payload[]; has_more: boolean }
      for (const message of data) if (message.id < until) keep(known, message, 'page')
      if (!has_more || data.at(-1)?.id >= until) return
    }
  }

  async function run(): Promise<void> {
    while (!isStopped) {
      const here = origins()
      const origin = here[Math.floor(random() * here.length)]
      if (origin !== undefined) {
        counts.connects++
        await connect(origin)
      }
      await delay(20 + random() * 60)
    }
  }

  const running = run()
  t.teardown(async () => {
    isStopped = true
    current?.terminate()
    await running
  })
  return {
    messagesOf: (sessionId) => sessions.get(sessionId)?.messages ?? new Map(),
    beginningOf: (sessionId) => sessions.get(sessionId)?.beginning ?? 0,
    seqOf: (sessionId) => sessions.get(sessionId)?.last ?? 0,
    epoch: () => epoch,
    violations,
    counts,
    isConnected: () => isReady,
    socket: () => current,
  }
}
