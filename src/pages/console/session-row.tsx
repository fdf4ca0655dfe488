import { Avatar } from './avatar.js'
import type { Desk, ListName } from './state/desk.js'
import { nameStore } from './state/name-store.js'
import type { Row } from './state/rows.js'
import { ReceiptBroadcast } from '../conversation/receipt-mark.js'
import { showBriefly, showSpan } from '../shared/times.js'

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
              <>
                <span class="unseen">waiting for </span>
                {showSpan(session.created, nowMs)}
              </>
            ) : (
              showBriefly(session.last_message_at)
            )}
          </span>
        </span>
        <span class="row-tail">
          {!isTyping && last?.sender_type === 'admin' && <ReceiptBroadcast status={last.status} />}
          <bdi class="snippet">
            {isTyping ? 'is typing…' : last ? last.content || 'An attachment' : 'No message yet'}
          </bdi>
          {unread > 0 && (
            <span class="badge">
              {unread > 99 ? '99+' : unread}
              <span class="unseen"> unread</span>
            </span>
          )}
        </span>
      </span>
    </>
  )
}
