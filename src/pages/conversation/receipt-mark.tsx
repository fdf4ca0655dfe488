import type { MessageStatus } from '../../client/index.js'
import { ClockIcon, TickIcon, TicksIcon } from '../shared/icons.js'

const words = { waiting: 'Waiting to be sent', sent: 'Sent', delivered: 'Delivered', read: 'Read' }

/** How far a message has come: shape and colour for the eye, a word for screen readers. */
export function ReceiptBroadcast({ status }: { status: MessageStatus | 'waiting' }) {
  const Shape = status === 'waiting' ? ClockIcon : status === 'sent' ? TickIcon : TicksIcon
  return (
    <span class={`ticks ${status}`} title={words[status]}>
      <Shape />
      <span class="unseen">{words[status]}</span>
    </span>
  )
}
