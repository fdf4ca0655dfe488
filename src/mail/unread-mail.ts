import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import { epochMs } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Reminder } from '../reminders/claim-reminders.js'
import { readMailAddress } from './mail-address.js'
import type { Mail, Mailer } from './mailer.js'
import type { Unsubscribing } from './unsubscribe.js'

const MESSAGES_PER_MAIL = 10
const MAX_TEXT_LENGTH = 500

interface UnreadMessage {
  content: string
  attachmentUrl: string
  adminName: string
  /** In milliseconds since the epoch. */
  created: number
}

const messageColumns = defineColumns<UnreadMessage>({
  content: `left(m.content, ${MAX_TEXT_LENGTH + 1})`,
  attachmentUrl: 'm.attachment_url',
  adminName: 'a.name',
  created: epochMs('m.created'),
})

export interface UnreadMailDeps {
  db: Database
  mailer: Mailer
  unsubscribing: Unsubscribing
  publicUrl: string
  /** The `email` of a store is not empty, but no address either. */
  onUnaddressed: (storeId: number) => void
}

/**
 * Sends a store one mail about all messages that it has not read and that no earlier mail contained. Returns `refused`
 * when the store has no valid address, or has unsubscribed.
 * @throws Error when the mail can be tried again, or when the signal aborts
 */
export async function sendUnreadMail(
  { db, mailer, unsubscribing, publicUrl, onUnaddressed }: UnreadMailDeps,
  { sessionId, storeId, readUpTo, mailedUpTo, lastId }: Reminder,
  signal: AbortSignal,
): Promise<'sent' | 'refused'> {
  const { name, email } = await db.prisma.store.findUniqueOrThrow({ where: { id: storeId } })
  const to = readMailAddress(email)
  if (to === undefined && email !== '') onUnaddressed(storeId)
  if (to === undefined || (await unsubscribing.isUnsubscribed(storeId, to))) return 'refused'
  const unread = Prisma.sql`
    session_id = ${sessionId} and sender_type = 'admin' and id > ${Math.max(readUpTo, mailedUpTo)} and id <= ${lastId}`
  const newest = await messageColumns.read(
    db,
    Prisma.sql`
    ${messageColumns.select}
    from (select * from chat_message where ${unread} order by seq desc limit ${MESSAGES_PER_MAIL}) m
    join admin a on a.id = m.sender_id`,
  )
  const [{ count } = { count: 0n }] = await db.prisma.$queryRaw<{ count: bigint }[]>(
    Prisma.sql`select count(*) as count from chat_message where ${unread}`,
  )
  const mail = composeMail({
    ...{ name, to, publicUrl, count: Number(count), messages: newest.reverse() },
    messageId: `<unread-${sessionId}-${lastId}@${new URL(publicUrl).hostname}>`,
    unsubscribeUrl: await unsubscribing.createUrl(storeId, to),
  })
  return mailer.send(mail, signal)
}

export interface UnreadMail {
  /** Name of the store. */
  name: string
  to: string
  count: number
  messages: UnreadMessage[]
  publicUrl: string
  messageId: string
  unsubscribeUrl: string
}

/**
 * Composes the mail as plain text. Its link leads to the chat page, where the store signs in: a mail must not contain a
 * token.
 */
export function composeMail({ name, to, count, messages, publicUrl, messageId, unsubscribeUrl }: UnreadMail): Mail {
  const what = count === 1 ? '1 new message' : `${count} new messages`
  const text = [
    `Hello ${name},`,
    `you have ${what} in your support chat:`,
    ...(count > messages.length ? ['…'] : []),
    ...messages.map(quote),
    `Read and answer: ${publicUrl}/chat/`,
    `--\nNo more mails like this one: ${unsubscribeUrl}`,
  ]
  return {
    ...{ to, subject: `${what} in your support chat`, text: `${text.join('\n\n')}\n`, messageId },
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'List-Unsubscribe': `<${unsubscribeUrl}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  }
}

function quote({ content, attachmentUrl, adminName, created }: UnreadMessage): string {
  const text = content.length > MAX_TEXT_LENGTH ? `${content.slice(0, MAX_TEXT_LENGTH).toWellFormed()}…` : content
  const lines = [text, attachmentUrl]
    .filter((part) => part !== '')
    .join('\n')
    .split(/\r\n|\r|\n/)
  const at = new Date(created).toISOString().slice(0, 16).replace('T', ' ')
  return [`${adminName}, ${at} UTC:`, ...lines.map((line) => `> ${line}`)].join('\n')
}
