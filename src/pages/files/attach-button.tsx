import { useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { ClipIcon } from '../shared/icons.js'

/**
 * This mix of types makes phones offer the camera, the photos and the files. It is only a hint: the service decides which
 * types it accepts.
 */
const OFFERED = 'image/*,.pdf,.doc,.docx,.xls,.xlsx,.csv,.txt'

/** Opens the browser's file picker. */
export function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button
        type="button"
        class="quiet attach"
        aria-label={translate('files.attach')}
        title={translate('files.attach')}
        onClick={() => input.current?.click()}
      >
        <ClipIcon />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={OFFERED}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])])
          // Without the reset, choosing the same file again fires no change event.
          currentTarget.value = ''
        }}
      />
    </>
  )
}
