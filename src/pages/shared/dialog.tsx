import type { ComponentChildren, RefObject } from 'preact'
import { translate } from '../languages/translate.js'
import { isComposing } from '../browser/keys.js'

interface DialogProps {
  dialog: RefObject<HTMLDialogElement | null>
  title: string
  onClose?: () => void
  children: ComponentChildren
}

/** A native modal dialog: it keeps the focus, gives it back, and closes with Escape. */
export function Dialog({ dialog, title, onClose, children }: DialogProps) {
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose} onClick={closeFromOutside} onKeyDown={keepWhileComposing}>
      <div class="dialog-body">
        <h2>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

/** What is not covered by its body is the backdrop. */
function closeFromOutside(event: MouseEvent & { currentTarget: HTMLDialogElement }): void {
  if (event.target === event.currentTarget) event.currentTarget.close()
}

/** Escape that gives up a character does not close the dialog. */
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

/** Asks before what cannot be undone. */
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
