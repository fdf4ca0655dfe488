import { computed, signal } from '@preact/signals'
import type {
  AdminClient,
  AdminSession,
  ListedSession,
  Rating,
  Session,
  SessionDetails,
  Store,
} from '../../../client/index.js'
import { createEarlierSessions } from '../../conversation/earlier-sessions.js'
import type { KeptConversations } from '../../conversation/kept/kept-conversations.js'
import { createTimeline } from '../../conversation/timeline.js'
import { describeError } from '../../shared/describe-error.js'
import { retryLimited } from '../../shared/retry-limited.js'
import { readRow, type Row } from './lists/rows.js'
import { createNewLine } from './new-line.js'
import { createNotes } from './notes.js'

const PAGE = 50
/** The number of messages read before and after a search result. */
const AROUND = 30
/** The number of messages that the service returns with a session. */
const NEWEST = 200

interface Surroundings {
  row: Row | undefined
  inBrowser: KeptConversations
  /** Whether the admin looks at a session now. */
  isLookedAt(sessionId: number): boolean
}

/** The state of one opened session: its messages, notes and details, live. */
export function openConversation(client: AdminClient, sessionId: number, { row, inBrowser, isLookedAt }: Surroundings) {
  const session = signal<Session | undefined>(row?.session)
  const store = signal<Store | undefined>(row?.store)
  const tags = signal<readonly string[]>(row?.tags ?? [])
  const priority = signal(row?.priority ?? 0)
  const rating = signal<Rating | null>(row?.rating ?? null)
  /** The store's newest sessions, as far as this admin may read them. */
  const storeSessions = signal<readonly ListedSession[]>([])
  const problem = signal<string>()
  const isLoaded = signal(false)
  let isRereading = false
  /** The number of live changes of the details, which a response may not contain yet. */
  let changes = 0
  const newLine = createNewLine()
  const timeline = createTimeline({
    send: (input) => client.send({ ...input, session_id: sessionId }),
    upload: (file, options) => client.upload(file, { ...options, session_id: sessionId }),
  })
  const earlier = createEarlierSessions({
    sessions: (cursor) => listSessions(cursor),
    history: (page) => client.history({ ...page, limit: PAGE }),
  })

  const listSessions = (cursor?: string) =>
    client.sessions({ store_id: session.value?.store_id ?? 0, limit: PAGE, ...(cursor !== undefined && { cursor }) })

  /** Runs before the messages are shown, because elements inserted above them later would move them. */
  async function findEarlier(): Promise<void> {
    const page = await retryLimited(() => listSessions()).catch(() => undefined)
    if (page === undefined) return
    earlier.note(page, sessionId)
    storeSessions.value = page.data
  }

  async function load(): Promise<void> {
    try {
      const answer = await timeline.read(
        async () => {
          const isFirst = !isLoaded.value
          const finding = isFirst && session.value !== undefined ? findEarlier() : undefined
          const answer = await client.session(sessionId)
          session.value ??= answer
          await (finding ?? (isFirst && findEarlier()))
          return answer
        },
        ({ messages, admin_id }) => {
          if (!isLoaded.value) {
            // Only for the holder: nobody is expected to have read a session that nobody holds.
            if (admin_id === client.account?.id) newLine.open(messages)
            timeline.isWhole.value = messages.length < NEWEST
            timeline.hasEarlier.value = earlier.isMore()
          }
          return messages
        },
      )
      if (answer === undefined) {
        // A reset has replaced the messages meanwhile, but it does not contain the store.
        if (store.value === undefined) void load()
        return
      }
      take(answer)
      isLoaded.value = true
      problem.value = undefined
    } catch (error) {
      problem.value = describeError(error)
    }
  }

  function take(answer: AdminSession): void {
    const read = readRow({ ...answer, last_message: answer.messages.at(-1) ?? null })
    apply(read.session)
    store.value = read.store
    tags.value = read.tags
    priority.value = read.priority
    rating.value = read.rating
  }

  /** Reads the session again while it is open. After a failure nothing changes: the next call tries again. */
  async function reread(): Promise<void> {
    if (isRereading || !isLoaded.value) return
    isRereading = true
    const before = changes
    const answer = await timeline
      .read(
        () => client.session(sessionId),
        ({ messages }) => messages,
      )
      .catch(() => undefined)
    isRereading = false
    if (answer !== undefined && before === changes) take(answer)
  }

  /** Takes the state of the session, unless a newer one is known. */
  function apply(next: Session): void {
    if (next.id === sessionId && next.updated >= (session.value?.updated ?? '')) session.value = next
  }

  function changeDetails(details: SessionDetails & { session_id: number }): void {
    if (details.session_id !== sessionId) return
    changes++
    tags.value = details.tags
    priority.value = details.priority
  }

  /** Shows a message of this session, marked, with the messages around it. */
  async function show(messageId: number): Promise<void> {
    const around = { session_id: sessionId, limit: AROUND }
    try {
      if (!isLoaded.value) await loading
      await timeline.showAround(messageId, () =>
        Promise.all([
          client.history({ ...around, before: messageId + 1 }),
          client.history({ ...around, after: messageId }),
        ]),
      )
    } catch (error) {
      problem.value = describeError(error)
    }
  }

  const shownSessions = computed(() => new Set(timeline.messages.value.map(({ session_id }) => session_id)))
  const notes = createNotes(client, sessionId, shownSessions, inBrowser.noteAttemptOf(sessionId))

  const ends = [
    inBrowser.follow(sessionId, timeline),
    notes.close,
    client.on('details', changeDetails),
    client.on('session', apply),
    client.on('message', (message) => {
      if (message.session_id !== sessionId) return
      if (!isLookedAt(sessionId)) newLine.note(message)
      timeline.merge([message])
    }),
    client.on('status', timeline.mark),
    client.on('read', (read) => timeline.mark({ ...read, status: 'read', by: 'admin' })),
    client.on('reset', (reset) => {
      if (reset.session.id !== sessionId) return
      // A reset may carry an older state, so it replaces the known one unconditionally.
      session.value = reset.session
      newLine.clear()
      timeline.reset(reset)
      isLoaded.value = true
      problem.value = undefined
    }),
    client.on('gone', ({ session_id }) => {
      if (session_id !== sessionId) return
      session.value = undefined
      timeline.drop(sessionId)
      // The failing read shows the reason.
      void load()
    }),
    client.on('state', (state) => {
      if (state === 'online') void load()
    }),
  ]
  const loading = load()

  return {
    id: sessionId,
    session,
    store,
    tags,
    priority,
    rating,
    storeSessions,
    notes,
    newLine,
    problem,
    isLoaded,
    timeline,
    apply,
    changeDetails,
    reread: () => void reread(),
    typing: (isTyping: boolean) => client.typing(isTyping, { session_id: sessionId }),
    loadOlder: () => void timeline.loadOlder(earlier.readBefore),
    loadNewer: () => void timeline.loadNewer((after) => client.history({ session_id: sessionId, after, limit: PAGE })),
    show: (messageId: number) => void show(messageId),
    close(): void {
      ends.forEach((end) => end())
      timeline.outgoing.close()
    },
  }
}

export type Conversation = ReturnType<typeof openConversation>
