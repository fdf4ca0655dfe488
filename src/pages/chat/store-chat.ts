import { computed, effect, signal, type ReadonlySignal } from '@preact/signals'
import { ChatError, connectStore, type Message, type Session } from '../../client/index.js'
import { announce } from '../shared/announcer.js'
import { watchConnection } from '../shared/connection.js'
import { createTimeline } from '../conversation/timeline.js'
import { serviceUrl } from '../shared/service.js'

const PAGE = 50

/**
 * A store's one conversation. Opening the page asks for no session: that would make one, and every store that only looks
 * would wait in the admins' list. The first message makes it.
 */
export function openStoreChat(token: string, isLooking: ReadonlySignal<boolean>) {
  const client = connectStore({ origin: serviceUrl, token })
  const connection = watchConnection(client)
  const session = signal<Session>()
  const problem = signal<string>()
  const isAdminOnline = signal(false)
  const isAdminTyping = signal(false)
  const wasOnline = signal(false)
  const text = signal('')
  const timeline = createTimeline((input) => client.send(input))
  let loaded: number | undefined

  const isUnread = ({ sender_type, status }: Message) => sender_type === 'admin' && status !== 'read'
  const unread = computed(() => timeline.messages.value.filter(isUnread).length)

  async function loadNewest(): Promise<void> {
    const id = session.value?.id
    if (id === undefined || id === loaded) return
    try {
      const page = await timeline.read(
        () => client.history({ session_id: id, limit: PAGE }),
        ({ data, has_more }) => {
          // A conversation from its beginning follows the one before it.
          if (timeline.messages.value.every(({ session_id }) => session_id === id)) timeline.hasOlder.value = has_more
          return data
        },
      )
      if (page === undefined) {
        void loadNewest()
        return
      }
      loaded = id
    } catch {
      // Being online again tries again.
    }
  }

  client.on('session', (next) => {
    if (next.status === 'closed' && session.value !== undefined && session.value.id !== next.id) return
    session.value = next
    void loadNewest()
  })
  client.on('reset', (reset) => {
    timeline.reset(reset)
    // How the session stands comes as an event of its own.
    loaded = reset.session.id
  })
  client.on('gone', ({ session_id }) => {
    timeline.drop(session_id)
    if (session.value?.id === session_id) session.value = undefined
  })
  client.on('message', (message) => {
    timeline.merge([message])
    if (message.sender_type === 'admin') announce(`Support: ${message.content || 'an attachment'}`)
  })
  client.on('status', timeline.mark)
  client.on('presence', ({ online }) => (isAdminOnline.value = online))
  client.on('typing', ({ is_typing }) => (isAdminTyping.value = is_typing))
  client.on('state', (state) => {
    if (state !== 'online') return
    wasOnline.value = true
    void loadNewest()
  })
  client.on('error', ({ message }) => (problem.value = message))

  const markSeen = effect(() => {
    if (!isLooking.value || unread.value === 0) return
    client.read()
    // Those of a conversation that has ended meanwhile as well.
    for (const { session_id, id } of timeline.messages.peek().filter(isUnread)) {
      timeline.mark({ session_id, status: 'read', up_to_message_id: id, by: 'store' })
    }
  })
  const warn = (event: BeforeUnloadEvent) => {
    if (timeline.drafts.value.length > 0) event.preventDefault()
  }
  window.addEventListener('beforeunload', warn)

  return {
    connection,
    session,
    problem,
    isAdminOnline,
    isAdminTyping,
    wasOnline,
    text,
    timeline,
    unread,
    typing: client.typing,
    loadOlder: () =>
      void timeline.loadOlder((before) => {
        const session_id = timeline.messages.value[0]?.session_id
        return client.history({ before, limit: PAGE, ...(session_id !== undefined && { session_id }) })
      }),
    async closeSession(): Promise<void> {
      problem.value = undefined
      await client.closeSession().catch((error: unknown) => {
        problem.value = error instanceof ChatError ? error.message : String(error)
      })
    },
    close(): void {
      markSeen()
      window.removeEventListener('beforeunload', warn)
      client.close()
    },
  }
}

export type StoreChat = ReturnType<typeof openStoreChat>
