import { bodyOf, call } from './calls.js'
import { openSocket } from './chat-socket.js'
import { nodeAt, now, pause, socketNodeAt } from './settings.js'

/** @typedef {import('./chat-socket.js').Message} Message */
/** @typedef {{ message?: Message, seq: number }} Live */
/** @typedef {ReturnType<typeof startReader>} Reader */

const PAGE = 200

/**
 * A client of one session that follows the protocol: it keeps the last seq, reconnects to the next node after a cut,
 * and resumes. `onResumed` is called with the time it was disconnected, `onMessage` with each message, `onViolation`
 * for each duplicate or gap, `onCut` when a ready socket closes.
 * @param {'store' | 'admin'} side
 * @param {number} index
 * @param {import('./settings.js').Account} account
 * @param {number} sessionId
 * @param {{ onResumed(awayMs: number): void, onMessage(message: Message): void, onViolation(): void, onCut(): void }} listener
 */
export function startReader(side, index, account, sessionId, listener) {
  /** @type {Map<number, Message>} */
  const messages = new Map()
  let last = 0
  let connections = 0
  let cuts = 0
  let cutAt = 0
  let isStopped = false
  let isBack = false
  let socket = connect()

  function connect() {
    const connection = connections++
    let isReady = false
    let isCut = false
    /**
     * Live frames since the resume was sent.
     * @type {Live[] | undefined}
     */
    let early = []

    const opened = openSocket(side, socketNodeAt(index + connection), account, {
      ready() {
        isReady = true
        opened.send('resume', { sessions: { [sessionId]: last } })
      },
      message: (payload) => {
        if (payload.message.session_id === sessionId) live(payload)
      },
      session_update: ({ session, seq }) => {
        if (session.id === sessionId) live({ seq })
      },
      async sync({ session, messages: missed, seq, complete }) {
        if (session.id !== sessionId) return
        const rest = complete ? [] : await fetchRest(missed.at(-1)?.id ?? 0, () => isCut)
        // The socket was cut again: drop the messages, because the next resume asks for all of them.
        if (early === undefined || isCut) return
        for (const message of missed) take(message)
        for (const message of rest) if (!early.some((live) => live.message?.id === message.id)) take(message)
        last = early[0] ? early[0].seq - 1 : seq
        const waiting = early
        early = undefined
        for (const one of waiting) follow(one)
        isBack = true
        if (cutAt > 0) listener.onResumed(now() - cutAt)
        cutAt = 0
      },
      async closed() {
        isCut = true
        isBack = false
        if (isReady) {
          cuts++
          cutAt = now()
          listener.onCut()
        }
        // A random pause, so that clients do not overload a node.
        await pause(100 + Math.random() * 900)
        if (!isStopped) socket = connect()
      },
    })
    /** @param {Live} payload */
    function live(payload) {
      if (early) early.push(payload)
      else follow(payload)
    }
    return opened
  }

  /** @param {Live} payload */
  function follow({ message, seq }) {
    if (seq !== last + 1) listener.onViolation()
    last = seq
    if (message) take(message)
  }

  /** @param {Message} message */
  function take(message) {
    if (messages.has(message.id)) listener.onViolation()
    messages.set(message.id, message)
    listener.onMessage(message)
  }

  /**
   * Reads the messages that did not fit into a sync.
   * @param {number} after
   * @param {() => boolean} isCut
   */
  async function fetchRest(after, isCut) {
    /** @type {Message[]} */
    const rest = []
    for (let more = true; more && !isCut();) {
      const newest = rest.at(-1)?.id ?? after
      const path = `${side}/messages/?session_id=${sessionId}&after=${newest}&limit=${PAGE}`
      const page = bodyOf(await call('GET', nodeAt(index), account, path))
      if (page === undefined) await pause(500)
      else {
        rest.push(...page.data)
        more = page.has_more
      }
    }
    return rest
  }

  return {
    /** Returns the messages in the order of arrival. */
    messages: () => [...messages.values()],
    cuts: () => cuts,
    /** Whether it is connected and has caught up. */
    isBack: () => isBack,
    stop() {
      isStopped = true
      socket.close()
    },
  }
}
