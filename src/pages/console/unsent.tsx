import type { Signal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { ChosenFiles } from '../files/chosen-files.js'
import { ChosenFileList } from '../files/file-tray.js'
import { translate } from '../languages/translate.js'

interface UnsentProps {
  text: Signal<string>
  files: ChosenFiles
}

/** What was not sent before the admin lost the session: it can be read, copied and discarded. Shows nothing if all was sent. */
export function Unsent({ text, files }: UnsentProps) {
  const discard = useRef<HTMLButtonElement>(null)
  if (text.value.trim() === '' && files.chosen.value.length === 0) return null
  return (
    <section class="unsent" aria-label={translate('session.unsent')}>
      <p class="muted" aria-hidden="true">
        {translate('session.unsent')}
      </p>
      <ChosenFileList files={files} onRemoved={() => discard.current?.focus()} />
      {text.value.trim() !== '' && (
        <textarea
          readOnly
          rows={3}
          dir="auto"
          aria-label={translate('session.unsent')}
          value={text.value}
          data-unsent
        />
      )}
      <button
        type="button"
        ref={discard}
        onClick={() => {
          text.value = ''
          files.take()
        }}
      >
        {translate('draft.discard')}
      </button>
    </section>
  )
}
