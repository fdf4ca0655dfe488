import { computed, effect, signal, type ReadonlySignal } from '@preact/signals'
import { connectAdmin, type Message, type Session } from '../../../client/index.js'
import { createKeptConversations } from '../../conversation/kept/kept-conversations.js'
import { translate } from '../../languages/translate.js'
import { announce, forgetAnnouncements } from '../../shared/announcer.js'
import { fetchWithClock } from '../../text/clock.js'
import { watchConnection } from '../../shared/connection.js'
import { describeError } from '../../shared/describe-error.js'
import { serviceUrl } from '../../browser/service.js'
import { repeatWhileVisible } from '../../browser/while-visible.js'
import type { Conversation } from './conversation.js'
import { nameStore } from './names.js'
import { followActivity } from './activity.js'
import { createSelection } from './bulk.js'
import { createCannedReplies } from './canned.js'
import { createColleagues } from './colleagues.js'
import { createDetailsEditor } from './edit-details.js'
import type { FilterName, ListFilter } from './lists/list-filter.js'
import { createSessionBook } from './lists/session-book.js'
import { createNotices, showCount } from './notices.js'
import { createOpenConversations } from './open-conversations.js'
import { createSettings } from './settings.js'
import { createToasts } from './toasts.js'

/** The interval of reading the messages of sessions that other admins hold. */
const OTHERS_EVERY_MS = 10_000

/** The state of the console: the connection, the lists, the open conversations, notifications and settings. */
export function openDesk(token: string, isLooking: ReadonlySignal<boolean>) {
  const client = connectAdmin({ origin: serviceUrl, token, fetch: fetchWithClock })
  const connection = watchConnection(client)
  const toasts = createToasts()
  const chosen = signal<Conversation>()
  const settings = createSettings()
  const { list } = settings
  /** Whether the reports are shown instead of a conversation. */
  const isAtReports = signal(false)
  /** The text in the search field. */
  const query = signal('')
  const isBusy = signal(false)
  const { online, typing } = followActivity(client)
  const inBrowser = createKeptConversations()
  const isRead = (sessionId: number) => isLooking.value && chosen.value?.id === sessionId
  const conversations = createOpenConversations(client, {
    chosen,
    inBrowser,
    rowOf: (sessionId) => book.rows.value.get(sessionId),
    isLookedAt: isRead,
  })

  // Subscribed before the lists, which still hold the previous state of the session then.
  client.on('session', hearHandover)
  const book = createSessionBook(client, {
    shown: list,
    isLookedAt: isRead,
    onAccount() {
      if (client.account) settings.open(client.account.id)
      if (list.value === 'all' && client.account?.role !== 'supervisor') list.value = 'waiting'
      return settings.filters.value
    },
  })
  const selection = createSelection(
    computed(() => book.lists[list.value].rows.value),
    toasts,
  )
  const colleagues = createColleagues(client)
  const notices = createNotices(client, {
    isRead,
    isHeld: () => isHeld.value,
    choose,
    nameOf: nameKnownStore,
    hasSound: settings.hasSound,
  })
  const isHeld = computed(() => chosen.value?.session.value !== undefined && book.isOwn(chosen.value.session.value))

  function nameKnownStore({ sender_id }: Message): string | undefined {
    const store = book.storeOf(sender_id)
    return store && nameStore(store, sender_id)
  }

  function choose(sessionId: number | undefined): void {
    const left = chosen.value
    isAtReports.value = false
    settings.closeOverlay()
    if (left?.id === sessionId) return
    chosen.value = sessionId === undefined ? undefined : (conversations.get(sessionId) ?? conversations.open(sessionId))
    if (sessionId === undefined || notices.count.value === 0) return
    // The holder reads the messages and with them the notifications.
    if (isHeld.value && isRead(sessionId)) client.read({ session_id: sessionId })
    else void notices.readOf(sessionId)
  }

  /** Reads again what no event reports: the messages of sessions that other admins hold. */
  function readOthers(): void {
    const session = chosen.value?.session.value
    // Only supervisors may read what another admin holds.
    const isReadable = book.isSupervisor.value && session?.status === 'claimed' && !book.isOwn(session)
    if (isReadable) chosen.value?.reread()
    if (list.value === 'all') book.refresh('all')
  }

  function sendWaiting(sessionId: number): void {
    const stop = conversations.open(sessionId).timeline.drafts.subscribe((drafts) => {
      const error = drafts.find((draft) => draft.error !== undefined)?.error
      if (error === undefined) return
      // The session may no longer be in any list, so it is opened.
      if (chosen.value === undefined) choose(sessionId)
      else if (chosen.value.id !== sessionId) toasts.add(translate('draft.notSent', { error }))
    })
    ends.push(stop)
  }

  /** Runs an action on the chosen session, and shows a failure as a toast. */
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

  client.on('message', hear)
  client.on('state', (state) => {
    if (state !== 'online' || !client.account) return
    inBrowser.open(client.account)
    colleagues.refresh()
    // Sends the stored drafts of all sessions, not only of the chosen one.
    for (const sessionId of inBrowser.waiting()) if (!conversations.get(sessionId)) sendWaiting(sessionId)
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

  /** Notifies the admin of a session that another admin has transferred. Actions of this console are not notified. */
  function hearHandover({ id, store_id, status, admin_id }: Session): void {
    const before = book.rows.value.get(id)?.session
    const isHeldHere = before !== undefined && (before.status === 'open' || book.isOwn(before))
    if (status !== 'claimed' || admin_id !== book.ownId.value || isHeldHere || isBusy.value) return
    const text = translate('session.handedOver', { name: nameStore(book.storeOf(store_id), store_id) })
    toasts.add(text, () => choose(id))
    notices.notify(text, id)
  }

  const editDetails = createDetailsEditor(client, toasts, (details) => {
    book.changeDetails(details)
    conversations.get(details.session_id)?.changeDetails(details)
  })

  const ends: (() => void)[] = [
    repeatWhileVisible(readOthers, OTHERS_EVERY_MS),
    // A selection belongs to one list.
    list.subscribe(() => selection.turn(false)),
    effect(() => {
      const id = chosen.value?.id
      const newest = chosen.value?.timeline.shown.value.findLast(
        ({ sender_type, session_id }) => sender_type === 'store' && session_id === id,
      )
      if (id === undefined || !newest || newest.status === 'read' || !isHeld.value || !isLooking.value) return
      client.read({ session_id: id })
      chosen.peek()?.timeline.mark({ session_id: id, status: 'read', up_to_message_id: newest.id, by: 'admin' })
      book.setUnread(id, 0)
    }),
    effect(() => {
      const seen = isLooking.value ? chosen.value : undefined
      // Called by the effect when the admin leaves the conversation or the page.
      return seen?.newLine.clear
    }),
    effect(() => {
      const { count } = notices
      document.title = `${count.value > 0 ? `(${showCount(count.value)}) ` : ''}${translate('console.documentTitle')}`
    }),
  ]
  const warn = (event: BeforeUnloadEvent) => {
    if (conversations.wouldLose()) event.preventDefault()
  }
  window.addEventListener('beforeunload', warn)

  return {
    /** The admin's token, for downloads. */
    token,
    client,
    book,
    canned: createCannedReplies(client),
    chosen,
    colleagues,
    query,
    selection,
    settings,
    isAtReports,
    connection,
    isBusy,
    isHeld,
    list,
    notices,
    online,
    toasts,
    typing,
    choose,
    /** Opens a conversation at a message, and marks that message. */
    show(sessionId: number, messageId: number): void {
      choose(sessionId)
      chosen.value?.show(messageId)
    },
    setFilter(name: FilterName, filter: ListFilter): void {
      settings.filters.value = { ...settings.filters.value, [name]: filter }
      if (name !== 'search') book.setFilter(name, filter)
    },
    editDetails,
    wouldLose: conversations.wouldLose,
    /** The unsent text of a session. It is kept while another session is shown. */
    textOf: inBrowser.textOf,
    noteTextOf: inBrowser.noteTextOf,
    filesOf: inBrowser.filesOf,
    claim: () => act(client.claim, () => (list.value = 'own')),
    release: () => act(client.release),
    transfer: (adminId: number, note?: string) => act((sessionId) => client.transfer(sessionId, adminId, note)),
    closeSession: () => act(client.closeSession),
    close(): void {
      ends.forEach((end) => end())
      window.removeEventListener('beforeunload', warn)
      chosen.value = undefined
      conversations.close()
      inBrowser.close()
      settings.close()
      book.close()
      client.close()
      forgetAnnouncements()
      document.title = translate('console.documentTitle')
    },
  }
}

export type Desk = ReturnType<typeof openDesk>
