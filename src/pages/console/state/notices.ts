import { signal, type ReadonlySignal } from '@preact/signals'
import type { AdminClient, Message, Notification as Notice } from '../../../client/index.js'
import { formatNumber } from '../../languages/formats.js'
import { translate } from '../../languages/translate.js'
import { playChime } from '../../browser/chime.js'
import { retryLimited } from '../../shared/retry-limited.js'

const PAGE = 50
const LARGEST_PAGE = 200
const MOST_PAGES = 5
/** Resets and messages arrive in groups, so one request serves all within this time. */
const COALESCE_MS = 300
/** The service counts up to this number. */
const MAX_UNREAD_COUNT = 999

export const showCount = (count: number) =>
  count < MAX_UNREAD_COUNT ? formatNumber(count) : `${formatNumber(MAX_UNREAD_COUNT)}+`

interface NoticesDeps {
  isRead(sessionId: number): boolean
  /** Whether the admin holds the chosen session: reading its messages reads the notifications, too. */
  isHeld(): boolean
  choose(sessionId: number): void
  /** The name of the sending store; undefined while it is not known. */
  nameOf(message: Message): string | undefined
  hasSound: ReadonlySignal<boolean>
}

/** The notifications of the service, and desktop notifications if the user has allowed them. */
export function createNotices(client: AdminClient, { isRead, isHeld, choose, nameOf, hasSound }: NoticesDeps) {
  const count = signal(0)
  const listed = signal<readonly Notice[]>([])
  const permission = signal<NotificationPermission | 'unsupported'>(
    'Notification' in window ? Notification.permission : 'unsupported',
  )
  const ignore = () => undefined
  /** The names of stores that notifications have told. */
  const names = new Map<number, string>()
  let naming: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  client.on('notification', (event) => (count.value = event.count))
  client.on('state', (state) => {
    if (state === 'online') recount()
  })
  client.on('read', ({ session_id, up_to_message_id }) => {
    const isRead = (notice: Notice) => notice.session_id === session_id && notice.message_id <= up_to_message_id
    listed.value = listed.value.map((notice) => (isRead(notice) ? { ...notice, is_read: true } : notice))
  })
  for (const name of ['reset', 'gone'] as const) client.on(name, recountSoon)

  function recount(): void {
    timer = undefined
    retryLimited(client.countNotifications).then((now) => (count.value = now), ignore)
  }

  /** A reset can remove messages, and with them their notifications. */
  function recountSoon(): void {
    timer ??= setTimeout(recount, COALESCE_MS)
  }

  /** Finds the name of a new store, which no list contains yet, in the notifications. */
  async function findName({ sender_id }: Message): Promise<string> {
    if (!names.has(sender_id)) await (naming ??= readNames())
    return names.get(sender_id) ?? translate('console.someStore')
  }

  async function readNames(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, COALESCE_MS))
    naming = undefined
    const newest = await client.notifications({ limit: PAGE }).catch(() => [])
    for (const { store_id, store_name } of newest) names.set(store_id, store_name)
  }

  /** Finds the unread notifications of a session among the newest ones, as far as the service counts them. */
  async function findUnread(sessionId: number): Promise<number[]> {
    const unread: Notice[] = []
    for (let pages = 0, before: number | undefined; pages < MOST_PAGES; pages++) {
      const page = { limit: LARGEST_PAGE, ...(before !== undefined && { before }) }
      const read = await retryLimited(() => client.notifications(page))
      unread.push(...read.filter(({ is_read }) => !is_read))
      const areAllFound = count.value < MAX_UNREAD_COUNT && unread.length >= count.value
      if (areAllFound || read.length < LARGEST_PAGE) break
      before = read.at(-1)?.id
    }
    return unread.filter(({ session_id }) => session_id === sessionId).map(({ id }) => id)
  }

  async function show(message: Message): Promise<void> {
    if (permission.value !== 'granted' || isRead(message.session_id) || document.hasFocus()) return
    const name = nameOf(message) ?? (await findName(message))
    pop(name, message.content.slice(0, 140) || translate('attachment'), message.session_id)
  }

  function pop(title: string, body: string, sessionId: number): void {
    try {
      const shown = new Notification(title, { body, tag: `session-${sessionId}` })
      shown.onclick = () => {
        window.focus()
        choose(sessionId)
        shown.close()
      }
    } catch {
      // Mobile browsers allow notifications only through a service worker.
    }
  }

  return {
    count,
    listed,
    permission,
    /** Notifies the admin of a store's message, unless the admin looks at its conversation: then it counts as read. */
    hear(message: Message): void {
      void show(message)
      if (hasSound.value && !isRead(message.session_id)) playChime()
      if (isRead(message.session_id) && !isHeld()) client.readNotification(message.id).catch(ignore)
    },
    /** Plays the sound, and shows a desktop notification if the page does not have the focus. */
    notify(text: string, sessionId: number): void {
      if (hasSound.value) playChime()
      if (permission.value === 'granted' && !document.hasFocus()) {
        pop(translate('console.documentTitle'), text, sessionId)
      }
    },
    /** Asks for the permission. Must be called in a click handler: browsers ignore other requests. */
    async ask(): Promise<void> {
      permission.value = await Notification.requestPermission()
    },
    async list(): Promise<void> {
      listed.value = await client.notifications({ limit: PAGE }).catch(() => listed.value)
    },
    /** Marks the notifications of a session read, one by one: the service has no request for all of an open session. */
    async readOf(sessionId: number): Promise<void> {
      for (const id of await findUnread(sessionId).catch(() => [])) {
        await retryLimited(() => client.readNotification(id)).catch(ignore)
      }
    },
    async readAll(): Promise<void> {
      await client.readAllNotifications().catch(ignore)
      listed.value = listed.value.map((notice) => ({ ...notice, is_read: true }))
    },
  }
}

export type Notices = ReturnType<typeof createNotices>
