import type { MessageStatus } from '../../client/index.js'
import { translate } from '../languages/translate.js'
import { ClockIcon, TickIcon, TicksIcon } from '../shared/icons.js'

/** The status of a message as an icon, with a text for screen readers. */
export function ReceiptBroadcast({ status }: { status: MessageStatus | 'waiting' }) {
  const Shape = status === 'waiting' ? ClockIcon : status === 'sent' ? TickIcon : TicksIcon
  const word = translate(`receipt.${status}`)
  return (
    <span class={`ticks ${status}`} title={word}>
      <Shape />
      <span class="unseen">{word}</span>
    </span>
  )
}
