import t from 'tap'
import { until } from '../../../harness/until.js'
import { importPageModule } from '../support/page-modules.js'

type Module = typeof import('../../../src/pages/console/state/notices.js')

const nothing = () => undefined

t.test('a conversation has its notifications read, however many newer ones there are', async (t) => {
  t.intercept(globalThis, 'window', { value: {} })
  const { createNotices } = await importPageModule<Module>('console/state/notices.ts')
  const unread = new Set(Array.from({ length: 506 }, (_, place) => place + 1))
  /** The oldest, and every second of the next hundred. */
  const isOfFirst = (id: number) => id === 1 || (id <= 100 && id % 2 === 0)
  const asked: number[] = []
  let count: ((event: { count: number }) => void) | undefined
  const client = {
    on: (name: string, listener: typeof count) => {
      if (name === 'notification') count = listener
    },
    notifications: ({ limit, before = 507 }: { limit: number; before?: number }) => {
      asked.push(limit)
      const ids = Array.from({ length: limit }, (_, place) => before - 1 - place).filter((id) => id > 0)
      return Promise.resolve(ids.map((id) => ({ id, session_id: isOfFirst(id) ? 1 : 2, is_read: !unread.has(id) })))
    },
    readNotification: (id: number) => Promise.resolve(unread.delete(id)),
  }
  const notices = createNotices(client as never, {
    isRead: () => true,
    isHeld: () => false,
    choose: nothing,
    nameOf: nothing,
    hasSound: { value: false } as never,
  })
  count?.({ count: unread.size })
  await notices.readOf(1)
  t.same([...unread].filter(isOfFirst), [])
  t.equal(unread.size, 506 - 51)
  t.equal(asked.length, 3)

  asked.length = 0
  for (const id of unread) if (id <= 400) unread.delete(id)
  count?.({ count: unread.size })
  await notices.readOf(2)
  t.equal(unread.size, 0)
  t.equal(asked.length, 1, 'all unread ones are in the first page')
})

t.test(
  'messages of stores that no list contains are named by one reading, and those that are known by none',
  async (t) => {
    const shown: string[] = []
    const Notification = class {
      static readonly permission = 'granted'
      constructor(title: string) {
        shown.push(title)
      }
    }
    t.intercept(globalThis, 'window', { value: { Notification } })
    t.intercept(globalThis, 'Notification', { value: Notification })
    t.intercept(globalThis, 'document', { value: { hasFocus: () => false } })
    const { createNotices } = await importPageModule<Module>('console/state/notices.ts')
    const stored: number[] = []
    let readings = 0
    const client = {
      on: nothing,
      notifications: () => {
        readings++
        return Promise.resolve(
          stored.map((id) => ({ message_id: id, store_id: id % 10, store_name: `Shop ${id % 10}` })),
        )
      },
    }
    const notices = createNotices(client as never, {
      isRead: () => false,
      isHeld: () => false,
      choose: nothing,
      nameOf: nothing,
      hasSound: { value: false } as never,
    })
    const hear = (id: number) => {
      stored.push(id)
      notices.hear({ id, session_id: id % 10, sender_id: id % 10, content: 'x' } as never)
    }
    for (const id of [11, 12, 21, 31]) hear(id)
    await until(() => shown.length === 4, 5000)
    t.same([shown, readings], [['Shop 1', 'Shop 2', 'Shop 1', 'Shop 1'], 1])
    hear(22)
    await until(() => shown.length === 5, 5000)
    t.same([shown.at(-1), readings], ['Shop 2', 1])
    hear(13)
    await until(() => shown.length === 6, 5000)
    t.same([shown.at(-1), readings], ['Shop 3', 2])
  },
)

t.test(
  'a message that the admin looks at has its notification read, unless reading the messages of a held session does',
  async (t) => {
    t.intercept(globalThis, 'window', { value: {} })
    const { createNotices } = await importPageModule<Module>('console/state/notices.ts')
    const read: number[] = []
    const held = { value: true }
    const client = { on: nothing, readNotification: (id: number) => Promise.resolve(read.push(id)) }
    const notices = createNotices(client as never, {
      isRead: () => true,
      isHeld: () => held.value,
      choose: nothing,
      nameOf: nothing,
      hasSound: { value: false } as never,
    })
    notices.hear({ id: 1, session_id: 1 } as never)
    held.value = false
    notices.hear({ id: 2, session_id: 1 } as never)
    t.same(read, [2])
  },
)
