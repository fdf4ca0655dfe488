import type { Test } from 'tap'
import type { TestAccount } from './accounts.js'
import type { ChatClient } from './chat-client.js'

/** Returns the count of unread notifications, and checks that the list agrees. */
export async function countUnread(t: Test, { get }: ChatClient, admin: TestAccount): Promise<number> {
  const { body: counted } = await get('admin/notifications/count/', admin)
  const { body: listed } = await get('admin/notifications/', admin, { limit: 200 })
  const unread = listed.data.filter(({ is_read }: { is_read: boolean }) => !is_read).length
  t.equal(counted.data.count, unread, 'count and list agree')
  return unread
}
