import t from 'tap'
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
