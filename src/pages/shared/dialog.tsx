import type { ComponentChildren, RefObject } from 'preact'
import { useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { isComposing } from '../browser/keys.js'

interface DialogProps {
  dialog: RefObject<HTMLDialogElement | null>
  title: string
  onClose?: () => void
  children: ComponentChildren
}

/** A native modal dialog: the browser traps the focus, restores it on close, and closes the dialog on Escape. */
export function Dialog({ dialog, title, onClose, children }: DialogProps) {
  const isPressedOutside = useRef(false)
  return (
    <dialog
      ref={dialog}
      aria-label={title}
      onClose={onClose}
      onPointerDown={(event) => (isPressedOutside.current = isOutside(event))}
      // Selecting text and releasing the button outside is a click on the dialog, too.
      onClick={(event) => isPressedOutside.current && isOutside(event) && event.currentTarget.close()}
      onKeyDown={keepWhileComposing}
    >
      <div class="dialog-body">
        <h2>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

/** The body covers the whole dialog, so an event of the dialog itself is one of the backdrop. */
const isOutside = ({ target, currentTarget }: Event) => target === currentTarget

/** Escape that cancels the composition of a character does not close the dialog. */
function keepWhileComposing(event: KeyboardEvent): void {
  if (event.key === 'Escape' && isComposing(event)) event.preventDefault()
}

interface ConfirmProps {
  dialog: RefObject<HTMLDialogElement | null>
  title: string
  text: string
  action: string
  onConfirm: () => void
}

/** Asks for confirmation before an action that cannot be undone. */
export function ConfirmDialog({ dialog, title, text, action, onConfirm }: ConfirmProps) {
  return (
    <Dialog dialog={dialog} title={title}>
      <p>{text}</p>
      <div class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          {translate('cancel')}
        </button>
        <button
          type="button"
          class="primary danger"
          onClick={() => {
            dialog.current?.close()
            onConfirm()
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  )
}
