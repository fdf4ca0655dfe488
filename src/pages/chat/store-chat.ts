import { computed, effect, signal, type ReadonlySignal } from '@preact/signals'
import { connectStore, type Message, type Session, type Token } from '../../client/index.js'
import { createEarlierSessions } from '../conversation/earlier-sessions.js'
import { createKeptConversations } from '../conversation/kept/kept-conversations.js'
import { createTimeline } from '../conversation/timeline.js'
import type { ChosenFile } from '../files/chosen-files.js'
import { translate } from '../languages/translate.js'
import { announce, forgetAnnouncements } from '../shared/announcer.js'
import { fetchWithClock } from '../text/clock.js'
import { watchConnection } from '../shared/connection.js'
import { describeError } from '../shared/describe-error.js'
import { serviceUrl } from '../browser/service.js'
import { download, timeZone } from '../browser/download.js'
import { createLatestSessions } from './latest-sessions.js'
import { createOwnRatings } from './rating/own-ratings.js'

const PAGE = 50
/** The id under which drafts are stored: a store has one conversation, whose session may not exist yet. */
const ONLY_CONVERSATION = 0

/**
 * A store's conversation: its latest session, ended or not, and the sessions before it. Opening the page does not request
 * the active session, because that request creates one: every visiting store would then wait in the admins' list. The first
 * message creates the session.
 */
export function openStoreChat(token: Token, isLooking: ReadonlySignal<boolean>) {
  /** The token that the client uses now. Calling the token function again could consume the next token. */
  let inUse = typeof token === 'string' ? token : ''
  const given = typeof token === 'string' ? token : async () => keepToken(await token())
  const client = connectStore({ origin: serviceUrl, token: given, fetch: fetchWithClock })
  const connection = watchConnection(client)
  const session = signal<Session>()
  const problem = signal<string>()
  const isAdminOnline = signal(false)
  const isAdminTyping = signal(false)
  const timeline = createTimeline({ send: (input) => client.send(input), upload: client.upload })
  const kept = createKeptConversations()
  const text = kept.textOf(ONLY_CONVERSATION)
  const files = kept.filesOf(ONLY_CONVERSATION)
  const stopKeeping = kept.follow(ONLY_CONVERSATION, timeline)
  const earlier = createEarlierSessions({
    sessions: (cursor) => client.sessions({ cursor, limit: PAGE }),
    history: (page) => client.history({ ...page, limit: PAGE }),
  })
  const ratings = createOwnRatings(client)
  const latest = createLatestSessions(client, { session, timeline, earlier, ratings })

  function keepToken(next: string | null): string | null {
    inUse = next ?? inUse
    return next
  }

  const isUnread = ({ sender_type, status }: Message) => sender_type === 'admin' && status !== 'read'
  const unread = computed(() => timeline.messages.value.filter(isUnread).length)

  client.on('session', (next) => {
    if (next.status === 'closed' && session.value !== undefined && session.value.id !== next.id) return
    session.value = next
    if (next.status === 'closed') problem.value = undefined
    // The first `session` event precedes the state `online`, which loads the messages itself.
    if (client.state === 'online' && !latest.isLoaded(next.id)) void latest.load()
  })
  client.on('reset', (reset) => {
    timeline.reset(reset)
    // The state of the session follows as a `session` event.
    latest.noteLoaded(reset.session.id)
  })
  client.on('gone', ({ session_id }) => {
    timeline.drop(session_id)
    if (session.value?.id === session_id) session.value = undefined
    void latest.load()
  })
  client.on('message', (message) => {
    timeline.merge([message])
    if (message.sender_type !== 'admin') return
    announce(
      translate('messageFrom', {
        name: translate('chat.support'),
        content: message.content || translate('attachment'),
      }),
    )
  })
  client.on('status', timeline.mark)
  client.on('read', (read) => timeline.mark({ ...read, status: 'read', by: 'store' }))
  client.on('presence', ({ online }) => (isAdminOnline.value = online))
  client.on('typing', ({ is_typing }) => (isAdminTyping.value = is_typing))
  client.on('state', (state) => {
    if (state !== 'online') return
    if (client.account) kept.open(client.account)
    // No event reports messages that were read elsewhere during the disconnection.
    void latest.load()
  })
  client.on('error', (error) => (problem.value = describeError(error)))

  const markSeen = effect(() => {
    if (!isLooking.value || unread.value === 0) return
    const newest = new Map(
      timeline.messages
        .peek()
        .filter(isUnread)
        .map(({ session_id, id }) => [session_id, id]),
    )
    for (const [session_id, id] of newest) {
      client.read({ session_id })
      timeline.mark({ session_id, status: 'read', up_to_message_id: id, by: 'store' })
    }
  })
  const lookAgain = isLooking.subscribe((isThere) => {
    // The session may have been rated in another window meanwhile.
    if (isThere && session.peek()?.status === 'closed') void latest.load()
  })
  function wouldLose(): boolean {
    const isUnkept = timeline.drafts.value.length > 0 && !kept.isKeeping()
    return isUnkept || timeline.outgoing.isUploading() || kept.hasFiles()
  }
  const warn = (event: BeforeUnloadEvent) => {
    if (wouldLose()) event.preventDefault()
  }
  window.addEventListener('beforeunload', warn)

  return {
    connection,
    /** The account of the token; undefined until the first connection. */
    account: () => client.account,
    session,
    problem,
    isAdminOnline,
    isAdminTyping,
    /** Whether the first load has finished or failed, so that an empty conversation may be shown as empty. */
    isKnown: latest.isKnown,
    ratings,
    text,
    files,
    timeline,
    unread,
    /** Whether leaving the page would lose unsent messages or files, which only this page holds. */
    wouldLose,
    typing: client.typing,
    write(content: string, chosen: readonly ChosenFile[]): void {
      problem.value = undefined
      timeline.write(content, chosen)
    },
    loadOlder: () => void timeline.loadOlder(earlier.readBefore),
    async closeSession(): Promise<void> {
      problem.value = undefined
      await client.closeSession().catch((error: unknown) => {
        problem.value = describeError(error)
      })
    },
    /** Downloads the transcript of the current session as a text file. */
    async saveTranscript(): Promise<void> {
      const session_id = session.value?.id
      if (session_id === undefined) return
      problem.value = undefined
      await download({
        token: inUse,
        path: 'store/transcript/',
        query: { session_id, format: 'txt', timezone: timeZone() },
        name: `conversation-${session_id}.txt`,
      }).catch((error: unknown) => {
        problem.value = describeError(error)
      })
    },
    close(): void {
      markSeen()
      lookAgain()
      stopKeeping()
      timeline.outgoing.close()
      kept.close()
      latest.close()
      window.removeEventListener('beforeunload', warn)
      client.close()
      forgetAnnouncements()
    },
  }
}

export type StoreChat = ReturnType<typeof openStoreChat>
