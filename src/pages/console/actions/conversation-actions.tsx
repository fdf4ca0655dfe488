import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { translate } from '../../languages/translate.js'
import { ConfirmDialog, Dialog } from '../../shared/dialog.js'
import type { Conversation } from '../state/conversation.js'
import type { Desk } from '../state/desk.js'
import { TransferForm } from './transfer-form.js'

interface ActionsProps {
  desk: Desk
  conversation: Conversation
}

/** The actions of the session's holder; supervisors get them for sessions of other admins, too. */
export function ConversationActions({ desk, conversation }: ActionsProps) {
  const closing = useRef<HTMLDialogElement>(null)
  const handing = useRef<HTMLDialogElement>(null)
  const isHanding = useSignal(false)
  const { book } = desk
  const isOthers = conversation.session.value?.status === 'claimed' && !desk.isHeld.value
  if (!desk.isHeld.value && !(isOthers && book.isSupervisor.value)) return null
  const isBusy = desk.isBusy.value
  return (
    <div class="tools">
      {isOthers && (
        <button
          type="button"
          disabled={isBusy}
          data-act="take-over"
          onClick={() => book.ownId.value !== undefined && void desk.transfer(book.ownId.value)}
        >
          {translate('session.takeOver')}
        </button>
      )}
      <button type="button" disabled={isBusy} data-act="release" onClick={() => void desk.release()}>
        {translate('session.release')}
      </button>
      <button
        type="button"
        disabled={isBusy}
        data-act="transfer"
        onClick={() => {
          desk.colleagues.refresh()
          isHanding.value = true
          handing.current?.showModal()
        }}
      >
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
      <Dialog
        dialog={handing}
        title={translate('session.transferTitle', { id: String(conversation.id) })}
        onClose={() => (isHanding.value = false)}
      >
        {isHanding.value && (
          <TransferForm
            colleagues={desk.colleagues.all.value.filter(({ id }) => id !== conversation.session.value?.admin_id)}
            onCancel={() => handing.current?.close()}
            onTransfer={(adminId, note) => {
              handing.current?.close()
              void desk.transfer(adminId, note)
            }}
          />
        )}
      </Dialog>
    </div>
  )
}
