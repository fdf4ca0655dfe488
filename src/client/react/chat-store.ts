import {
  connectStore,
  type ChatError,
  type ConnectOptions,
  type Message,
  type MessageInput,
  type Session,
  type State,
  type StoreClient,
} from '../index.js'
import { createRandomId } from '../transport/random-id.js'
import { markAllRead, markMessages, mergeMessages, replaceSession } from './message-list.js'

/** A message that is not stored yet. */
export interface PendingMessage extends MessageInput {
  client_message_id: string
  /** Why it was refused. It stays until it is sent again or discarded. */
  error?: ChatError
}

export interface ChatSnapshot {
  state: State
  /** The latest session. Undefined while there is none, or none is known yet. */
  session: Session | undefined
  /** Oldest first. Those of earlier sessions stay. */
  messages: readonly Message[]
  pending: readonly PendingMessage[]
  /** Whether there are messages before the first one. */
  hasOlder: boolean
  /** How many messages of the admins are not read. */
  unread: number
  isAdminOnline: boolean
  isAdminTyping: boolean
  /** The latest error that belongs to no message. */
  error: ChatError | undefined
}

/** All of these may be called at any time, and none of them throws. */
export interface ChatActions {
  /**
   * Adds a message to `pending`, and sends it as soon as there is a connection. To repeat one that was refused, call it with
   * the same `client_message_id`.
   */
  send(input: MessageInput): void
  /** Takes a refused message out of `pending`. */
  discard(clientMessageId: string): void
  /** Marks the admins' messages read. */
  read(): void
  /** May be called for every key. */
  typing(isTyping: boolean): void
  /** Adds a page of older messages. */
  loadOlder(): void
  /** Closes the session; the next message begins another. */
  closeSession(): void
}

/** A store's conversation as a snapshot, for libraries that render snapshots. */
export interface ChatStore {
  /** Another object whenever something has changed. */
  getSnapshot(): ChatSnapshot
  subscribe(listener: () => void): () => void
  /** Begins anew. Returns what ends the connection. */
  connect(options: ConnectOptions): () => void
  actions: ChatActions
}

const PAGE = 50
const empty: ChatSnapshot = {
  state: 'connecting',
  session: undefined,
  messages: [],
  pending: [],
  hasOlder: false,
  unread: 0,
  isAdminOnline: false,
  isAdminTyping: false,
  error: undefined,
}

export function createChatStore(): ChatStore {
  const listeners = new Set<() => void>()
  let snapshot = empty
  let client: StoreClient | undefined
  let loadedSessionId: number | undefined
  let isLoadingOlder = false
  /** Another number after each reset: what was asked for before is of a lost history. */
  let history = 0

  function update(changes: Partial<ChatSnapshot>): void {
    snapshot = { ...snapshot, ...changes }
    for (const listener of [...listeners]) listener()
  }

  function setMessages(messages: readonly Message[], more: Partial<ChatSnapshot> = {}): void {
    const stored = new Set(messages.map(({ client_message_id }) => client_message_id))
    update({
      messages,
      pending: snapshot.pending.filter(({ client_message_id }) => !stored.has(client_message_id)),
      unread: messages.filter(({ sender_type, status }) => sender_type === 'admin' && status !== 'read').length,
      ...more,
    })
  }

  const removePending = (id: string) => snapshot.pending.filter(({ client_message_id }) => client_message_id !== id)
  const setError = (error: unknown) => update({ error: error as ChatError })
  const isOldest = (sessionId: number) => (snapshot.messages[0]?.session_id ?? sessionId) === sessionId

  /** Undefined when the answer is outdated. */
  async function readPage(session_id: number, before?: number) {
    const [asked, askedClient] = [history, client]
    const page = await client?.history({ session_id, limit: PAGE, ...(before !== undefined && { before }) })
    return asked === history && askedClient === client ? page : undefined
  }

  async function loadNewest(): Promise<void> {
    const id = snapshot.session?.id
    if (id === undefined || id === loadedSessionId) return
    const page = await readPage(id).catch(() => undefined)
    // What fails is tried again when the connection is back.
    if (page === undefined) return
    loadedSessionId = id
    // A later session follows one whose beginning is known, or is not.
    const hasOlder = isOldest(id) ? page.has_more : snapshot.hasOlder
    setMessages(mergeMessages(snapshot.messages, page.data), { hasOlder })
  }

  async function loadOlder(): Promise<void> {
    const [oldest] = snapshot.messages
    if (oldest === undefined || !snapshot.hasOlder || isLoadingOlder) return
    isLoadingOlder = true
    try {
      const page = await readPage(oldest.session_id, oldest.id)
      if (page) setMessages(mergeMessages(snapshot.messages, page.data), { hasOlder: page.has_more })
    } catch (error) {
      setError(error)
    } finally {
      isLoadingOlder = false
    }
  }

  function setPending(draft: PendingMessage): void {
    const isSame = ({ client_message_id }: PendingMessage) => client_message_id === draft.client_message_id
    const { pending } = snapshot
    update({ pending: pending.some(isSame) ? pending.map((it) => (isSame(it) ? draft : it)) : [...pending, draft] })
  }

  async function send(input: MessageInput): Promise<void> {
    const sender = client
    if (sender === undefined) return
    const draft = { ...input, client_message_id: input.client_message_id ?? createRandomId() }
    setPending(draft)
    const asked = history
    try {
      const message = await sender.send(draft)
      if (sender !== client) return
      // After a reset, the message comes with it or as an event.
      const messages = asked === history ? mergeMessages(snapshot.messages, [message]) : snapshot.messages
      setMessages(messages, { pending: removePending(draft.client_message_id) })
    } catch (error) {
      if (sender === client) setPending({ ...draft, error: error as ChatError })
    }
  }

  function follow(opened: StoreClient): void {
    opened.on('state', (state) => {
      update({ state })
      if (state === 'online') void loadNewest()
    })
    opened.on('session', (session) => {
      // A late event of an earlier session does not replace the present one.
      if (snapshot.session !== undefined && session.id < snapshot.session.id) return
      update({ session })
      void loadNewest()
    })
    opened.on('message', (message) => setMessages(mergeMessages(snapshot.messages, [message])))
    opened.on('status', (change) => setMessages(markMessages(snapshot.messages, change)))
    // In another tab or on another device, too.
    opened.on('read', (read) => setMessages(markMessages(snapshot.messages, { ...read, status: 'read', by: 'store' })))
    opened.on('reset', ({ session, messages, complete }) => {
      history++
      loadedSessionId = session.id
      const hasOlder = isOldest(session.id) ? !complete : snapshot.hasOlder
      setMessages(replaceSession(snapshot.messages, session.id, messages), { hasOlder })
    })
    opened.on('gone', ({ session_id }) => {
      history++
      const session = snapshot.session?.id === session_id ? undefined : snapshot.session
      const hasOlder = snapshot.hasOlder && !isOldest(session_id)
      setMessages(replaceSession(snapshot.messages, session_id, []), { session, hasOlder })
    })
    opened.on('presence', ({ online }) => update({ isAdminOnline: online }))
    opened.on('typing', ({ is_typing }) => update({ isAdminTyping: is_typing }))
    opened.on('error', setError)
  }

  function read(): void {
    if (client === undefined || snapshot.unread === 0) return
    const unread = snapshot.messages.filter(({ sender_type, status }) => sender_type === 'admin' && status !== 'read')
    // An earlier session may have ended before its last answer was read.
    for (const session_id of new Set(unread.map(({ session_id }) => session_id))) client.read({ session_id })
    setMessages(markAllRead(snapshot.messages))
  }

  return {
    getSnapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    connect(options) {
      const opened = connectStore(options)
      client = opened
      loadedSessionId = undefined
      update(empty)
      follow(opened)
      return () => {
        if (client === opened) client = undefined
        opened.close()
      }
    },
    actions: {
      send: (input) => void send(input),
      discard: (id) => update({ pending: removePending(id) }),
      read,
      typing: (isTyping) => client?.typing(isTyping),
      loadOlder: () => void loadOlder(),
      closeSession: () => void client?.closeSession().catch(setError),
    },
  }
}
