import { useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { ClipIcon } from '../shared/icons.js'

/** With pictures among other types, phones offer the camera, the photos and the files. The service decides what it takes. */
const OFFERED = 'image/*,.pdf,.doc,.docx,.xls,.xlsx,.csv,.txt'

/** Opens the browser's own choice of files. */
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
          // The same file may be chosen again.
          currentTarget.value = ''
        }}
      />
    </>
  )
}
