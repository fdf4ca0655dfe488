import { useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { ConfirmDialog } from './dialog.js'

interface SignOutProps {
  /** Whether something would be lost now. */
  wouldLose: () => boolean
  onLeave: () => void
}

/** Signs out, and asks first when something would be lost. */
export function SignOut({ wouldLose, onLeave }: SignOutProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  return (
    <>
      <button type="button" class="quiet" onClick={() => (wouldLose() ? dialog.current?.showModal() : onLeave())}>
        {translate('signOut')}
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={translate('signOut')}
        text={translate('signOut.lost')}
        action={translate('signOut')}
        onConfirm={onLeave}
      />
    </>
  )
}
