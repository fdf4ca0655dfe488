import type { Message } from '../../client/index.js'
import { Avatar } from './avatar.js'
import type { Desk, ListName } from './state/desk.js'
import { nameStore } from './state/name-store.js'
import type { Row } from './state/rows.js'
import { formatCapped } from '../languages/formats.js'
import { translate } from '../languages/translate.js'
import { ReceiptBroadcast } from '../conversation/receipt-mark.js'
import { showBriefly, showSpan } from '../text/times.js'

interface SessionRowProps {
  row: Row
  list: ListName
  desk: Desk
  nowMs: number
}

export function SessionRow({ row: { session, store, last, unread }, list, desk, nowMs }: SessionRowProps) {
  const isTyping = desk.typing.value.has(session.id)
  return (
    <>
      <Avatar store={store} storeId={session.store_id} isOnline={desk.online.value.has(session.id)} />
      <span class="row-text">
        <span class="row-head">
          <bdi class="name">{nameStore(store, session.store_id)}</bdi>
          <span class="when">
            {list === 'waiting' ? (
              <WaitingTime time={showSpan(session.created, nowMs)} />
            ) : (
              showBriefly(session.last_message_at)
            )}
          </span>
        </span>
        <span class="row-tail">
          {!isTyping && last?.sender_type === 'admin' && <ReceiptBroadcast status={last.status} />}
          <bdi class="snippet">{isTyping ? translate('list.isTyping') : describeLast(last)}</bdi>
          {unread > 0 && (
            <span class="badge">
              <span aria-hidden="true">{formatCapped(unread, 99)}</span>
              <span class="unseen">{translate('list.unread', { count: unread, shown: formatCapped(unread, 99) })}</span>
            </span>
          )}
        </span>
      </span>
    </>
  )
}

const describeLast = (last: Message | null) =>
  last === null ? translate('messages.none') : last.content || translate('attachment')

/** Everybody sees a length of time; a screen reader is also told what for. */
const WaitingTime = ({ time }: { time: string }) => (
  <>
    <span aria-hidden="true">{time}</span>
    <span class="unseen">{translate('list.waitingFor', { time })}</span>
  </>
)
