import { signal } from '@preact/signals'
import type { AdminClient, Session, Store } from '../../../client/index.js'
import { createEarlierSessions } from '../../conversation/earlier-sessions.js'
import type { KeptConversations } from '../../conversation/kept-conversations.js'
import { createTimeline } from '../../conversation/timeline.js'
import { describeError } from '../../shared/describe-error.js'
import { patiently } from '../../shared/patiently.js'

const PAGE = 50
/** What comes along with a session. */
const NEWEST = 200

/** One session, looked at closely. */
export function openConversation(
  client: AdminClient,
  sessionId: number,
  start: { session?: Session; store?: Store; inBrowser: KeptConversations },
) {
  const session = signal(start.session)
  const store = signal(start.store)
  const problem = signal<string>()
  const isLoaded = signal(false)
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

  /** Before the messages are shown: what comes above them later would move them. */
  async function findEarlier(): Promise<void> {
    const page = await patiently(() => listSessions()).catch(() => undefined)
    if (page) earlier.note(page, sessionId)
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
        ({ messages }) => {
          if (!isLoaded.value) {
            timeline.isWhole.value = messages.length < NEWEST
            timeline.hasEarlier.value = earlier.isMore()
          }
          return messages
        },
      )
      if (answer === undefined) {
        // A reset has come between, which brings no store.
        if (store.value === undefined) void load()
        return
      }
      apply(answer)
      store.value = answer.store
      isLoaded.value = true
      problem.value = undefined
    } catch (error) {
      problem.value = describeError(error)
    }
  }

  /** How the session stands now, unless something newer is known. */
  function apply(next: Session): void {
    if (next.id === sessionId && next.updated >= (session.value?.updated ?? '')) session.value = next
  }

  const ends = [
    start.inBrowser.follow(sessionId, timeline),
    client.on('session', apply),
    client.on('message', (message) => {
      if (message.session_id === sessionId) timeline.merge([message])
    }),
    client.on('status', timeline.mark),
    client.on('read', (read) => timeline.mark({ ...read, status: 'read', by: 'admin' })),
    client.on('reset', (reset) => {
      if (reset.session.id !== sessionId) return
      // An earlier state, so the newer one must not stay.
      session.value = reset.session
      timeline.reset(reset)
      isLoaded.value = true
      problem.value = undefined
    }),
    client.on('gone', ({ session_id }) => {
      if (session_id !== sessionId) return
      session.value = undefined
      timeline.drop(sessionId)
      // Says why.
      void load()
    }),
    client.on('state', (state) => {
      if (state === 'online') void load()
    }),
  ]
  void load()

  return {
    id: sessionId,
    session,
    store,
    problem,
    isLoaded,
    timeline,
    apply,
    typing: (isTyping: boolean) => client.typing(isTyping, { session_id: sessionId }),
    loadOlder: () => void timeline.loadOlder(earlier.readBefore),
    close(): void {
      ends.forEach((end) => end())
      timeline.outgoing.close()
    },
  }
}

export type Conversation = ReturnType<typeof openConversation>
