import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { translate } from '../../languages/translate.js'
import { Dialog } from '../../shared/dialog.js'
import { Lazy } from '../../shared/lazy.js'
import type { Desk } from '../state/desk.js'
import type { CannedEditorProps } from './dialog/canned-dialog.js'

/** The button for the canned replies, and their dialog. */
export function CannedDialog({ desk }: { desk: Desk }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpened = useSignal(false)
  return (
    <>
      <button
        type="button"
        class="quiet"
        data-act="canned"
        aria-label={translate('canned.title')}
        title={translate('canned.title')}
        onClick={() => {
          isOpened.value = true
          dialog.current?.showModal()
        }}
      >
        /…
      </button>
      <Dialog dialog={dialog} title={translate('canned.title')}>
        {isOpened.value && <Lazy<CannedEditorProps> name="canned" props={{ desk }} />}
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            {translate('keyboard.done')}
          </button>
        </div>
      </Dialog>
    </>
  )
}
