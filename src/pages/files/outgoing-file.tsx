import { formatBytes } from '../languages/formats.js'
import { translate } from '../languages/translate.js'
import { ClipIcon } from '../shared/icons.js'
import type { Outgoing, OutgoingMessage } from './outgoing.js'
import { PreviewCanvas } from './pictures/preview-canvas.js'

interface OutgoingFileProps {
  message: OutgoingMessage
  outgoing: Outgoing
  isFailed: boolean
  onCancel: () => void
}

/** The file of a message that is being sent, with the progress of its upload. */
export function OutgoingFile({ message: { id, file, attachment }, outgoing, isFailed, onCancel }: OutgoingFileProps) {
  if (file === undefined) return null
  const live = outgoing.find(id)
  const preview = live?.preview.value
  return (
    <div class="outgoing-file">
      {preview !== undefined && <PreviewCanvas preview={preview} />}
      <p class={`attachment ${preview === undefined ? '' : 'unseen'}`}>
        <ClipIcon />
        <bdi>{file.name}</bdi>
        <span class="kind">{formatBytes(file.size)}</span>
      </p>
      {live !== undefined && attachment === undefined && !isFailed && (
        <p class="upload">
          <progress
            max={1}
            value={live.progress.value}
            aria-label={translate('files.uploading', { name: file.name })}
          />
          <button type="button" class="link" onClick={onCancel}>
            {translate('cancel')}
          </button>
        </p>
      )}
    </div>
  )
}
