import { useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { ConfirmDialog } from './dialog.js'

interface SignOutProps {
  /** Whether signing out would lose unsent messages or files. */
  wouldLose: () => boolean
  onLeave: () => void
}

/** The sign-out button. It asks for confirmation if unsent messages or files would be lost. */
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
