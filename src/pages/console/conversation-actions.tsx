import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { ConfirmDialog, Dialog } from '../shared/dialog.js'
import type { Conversation } from './state/conversation.js'
import type { Desk } from './state/desk.js'

interface ActionsProps {
  desk: Desk
  conversation: Conversation
}

/** What the holder may do with the conversation. */
export function ConversationActions({ desk, conversation }: ActionsProps) {
  const closing = useRef<HTMLDialogElement>(null)
  const handing = useRef<HTMLDialogElement>(null)
  if (!desk.isHeld.value) return null
  const isBusy = desk.isBusy.value
  return (
    <div class="tools">
      <button type="button" disabled={isBusy} data-act="release" onClick={() => void desk.release()}>
        {translate('session.release')}
      </button>
      <button type="button" disabled={isBusy} data-act="transfer" onClick={() => handing.current?.showModal()}>
        {translate('session.transfer')}
      </button>
      <button type="button" disabled={isBusy} data-act="close" onClick={() => closing.current?.showModal()}>
        {translate('session.close')}
      </button>
      <ConfirmDialog
        dialog={closing}
        title={translate('session.closeTitle')}
        text={translate('session.closeText')}
        action={translate('session.closeAction')}
        onConfirm={() => void desk.closeSession()}
      />
      <Dialog dialog={handing} title={translate('session.transferTitle', { id: String(conversation.id) })}>
        <TransferForm
          onCancel={() => handing.current?.close()}
          onTransfer={(adminId) => {
            handing.current?.close()
            void desk.transfer(adminId)
          }}
        />
      </Dialog>
    </div>
  )
}

function TransferForm({ onCancel, onTransfer }: { onCancel: () => void; onTransfer: (adminId: number) => void }) {
  const adminId = useSignal('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onTransfer(Number(adminId.value))
      }}
    >
      <label>
        {translate('session.transferTo')}
        <input
          type="text"
          inputMode="numeric"
          pattern="[1-9][0-9]{0,14}"
          title={translate('session.transferHint')}
          required
          autocomplete="off"
          value={adminId.value}
          onInput={({ currentTarget }) => (adminId.value = toLatinDigits(currentTarget.value))}
        />
      </label>
      <div class="actions">
        <button type="button" onClick={onCancel}>
          {translate('cancel')}
        </button>
        <button type="submit" class="primary">
          {translate('session.transfer')}
        </button>
      </div>
    </form>
  )
}

/** Digits as Arabic, Persian and Chinese keyboards write them: the last four bits of each are its value. */
const toLatinDigits = (text: string) =>
  text.replace(/[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
