import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { connectAdmin, type Message, type Presence, type Session, type Typing } from '../../../client/index.js'
import { createKeptConversations } from '../../conversation/kept-conversations.js'
import { translate } from '../../languages/translate.js'
import { announce } from '../../shared/announcer.js'
import { fetchWithClock } from '../../text/clock.js'
import { watchConnection } from '../../shared/connection.js'
import { describeError } from '../../shared/describe-error.js'
import { serviceUrl } from '../../browser/service.js'
import { openConversation, type Conversation } from './conversation.js'
import { nameStore } from './name-store.js'
import { createNotices, showCount } from './notices.js'
import { createSessionBook } from './session-book.js'
import { createToasts } from './toasts.js'

export type ListName = 'own' | 'waiting'

/** Everything an admin has on the desk. */
export function openDesk(token: string, isLooking: ReadonlySignal<boolean>) {
  const client = connectAdmin({ origin: serviceUrl, token, fetch: fetchWithClock })
  const connection = watchConnection(client)
  const toasts = createToasts()
  const chosen = signal<Conversation>()
  // Besides the chosen one those with messages on their way: what becomes of them has to be seen.
  const kept = new Map<number, Conversation>()
  const list = signal<ListName>('waiting')
  const isBusy = signal(false)
  const online = signal<ReadonlySet<number>>(new Set())
  const typing = signal<ReadonlySet<number>>(new Set())
  const inBrowser = createKeptConversations()

  const isRead = (sessionId: number) => isLooking.value && chosen.value?.id === sessionId
  const book = createSessionBook(client, isRead)
  const notices = createNotices(client, {
    isRead,
    choose,
    nameOf: nameKnownStore,
  })
  const isHeld = computed(() => chosen.value?.session.value !== undefined && book.isOwn(chosen.value.session.value))

  function nameKnownStore({ sender_id }: Message): string | undefined {
    const store = book.storeOf(sender_id)
    return store && nameStore(store, sender_id)
  }

  function choose(sessionId: number | undefined): void {
    const left = chosen.value
    if (left?.id === sessionId) return
    chosen.value = sessionId === undefined ? undefined : (kept.get(sessionId) ?? open(sessionId))
    if (left?.timeline.drafts.value.length === 0) {
      kept.delete(left.id)
      left.close()
    }
    if (sessionId !== undefined) void notices.readOf(sessionId)
  }

  function open(sessionId: number): Conversation {
    const { session, store } = book.rows.value.get(sessionId) ?? {}
    const start = { ...(session && { session }), ...(store && { store }) }
    const opened = openConversation(client, sessionId, { ...start, inBrowser })
    kept.set(sessionId, opened)
    return opened
  }

  function sendWaiting(sessionId: number): void {
    const stop = open(sessionId).timeline.drafts.subscribe((drafts) => {
      const error = drafts.find((draft) => draft.error !== undefined)?.error
      if (error === undefined) return
      // The session may be in no list any more.
      if (chosen.value === undefined) choose(sessionId)
      else if (chosen.value.id !== sessionId) toasts.add(translate('draft.notSent', { error }))
    })
    ends.push(stop)
  }

  /** Does something to the chosen session, and tells when it is refused. */
  async function act(work: (sessionId: number) => Promise<Session>, done?: (session: Session) => void): Promise<void> {
    const conversation = chosen.value
    if (conversation === undefined || isBusy.value) return
    isBusy.value = true
    try {
      const session = await work(conversation.id)
      done?.(session)
      conversation.apply(session)
      book.apply(session)
    } catch (error) {
      toasts.add(describeError(error))
    } finally {
      isBusy.value = false
    }
  }

  const keep = <T extends Presence | Typing>(kept: Signal<ReadonlySet<number>>, is: (event: T) => boolean) => {
    return (event: T) => {
      if (event.sender_type !== 'store') return
      const next = new Set(kept.value)
      if (is(event)) next.add(event.session_id)
      else next.delete(event.session_id)
      kept.value = next
    }
  }
  client.on(
    'presence',
    keep(online, (event) => event.online),
  )
  client.on(
    'typing',
    keep(typing, (event) => event.is_typing),
  )
  client.on('message', hear)
  client.on('state', (state) => {
    if (state !== 'online' || !client.account) return
    inBrowser.open(client.account)
    // What waits is sent, also to sessions that nobody looks at.
    for (const sessionId of inBrowser.waiting()) if (!kept.has(sessionId)) sendWaiting(sessionId)
  })
  client.on('error', (error) => toasts.add(describeError(error)))

  function hear(message: Message): void {
    if (message.sender_type !== 'store') return
    notices.hear(message)
    if (chosen.value?.id === message.session_id) {
      const name = nameStore(chosen.value.store.value, message.sender_id)
      announce(translate('messageFrom', { name, content: message.content || translate('attachment') }))
    }
  }

  const ends: (() => void)[] = [
    effect(() => {
      const id = chosen.value?.id
      const newest = chosen.value?.timeline.messages.value.findLast(
        ({ sender_type, session_id }) => sender_type === 'store' && session_id === id,
      )
      if (id === undefined || !newest || newest.status === 'read' || !isHeld.value || !isLooking.value) return
      client.read({ session_id: id })
      chosen.peek()?.timeline.mark({ session_id: id, status: 'read', up_to_message_id: newest.id, by: 'admin' })
      book.setUnread(id, 0)
    }),
    effect(() => {
      const { count } = notices
      document.title = `${count.value > 0 ? `(${showCount(count.value)}) ` : ''}${translate('console.documentTitle')}`
    }),
  ]
  const warn = (event: BeforeUnloadEvent) => {
    const timelines = [...kept.values()].map(({ timeline }) => timeline)
    const isUnkept = !inBrowser.isKeeping() && timelines.some(({ drafts }) => drafts.value.length > 0)
    const isUploading = timelines.some(({ outgoing }) => outgoing.isUploading())
    if (isUnkept || isUploading || inBrowser.hasFiles()) event.preventDefault()
  }
  window.addEventListener('beforeunload', warn)

  return {
    book,
    chosen,
    connection,
    isBusy,
    isHeld,
    list,
    notices,
    online,
    toasts,
    typing,
    choose,
    /** What is being written to a session, also while another is looked at. */
    textOf: inBrowser.textOf,
    filesOf: inBrowser.filesOf,
    claim: () => act(client.claim, () => (list.value = 'own')),
    release: () => act(client.release),
    transfer: (adminId: number) => act((sessionId) => client.transfer(sessionId, adminId)),
    closeSession: () => act(client.closeSession),
    close(): void {
      ends.forEach((end) => end())
      window.removeEventListener('beforeunload', warn)
      chosen.value = undefined
      for (const conversation of kept.values()) conversation.close()
      inBrowser.close()
      book.close()
      client.close()
      document.title = translate('console.documentTitle')
    },
  }
}

export type Desk = ReturnType<typeof openDesk>
