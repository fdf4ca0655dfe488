import type { RefObject } from 'preact'
import { formatBytes } from '../languages/formats.js'
import { translate } from '../languages/translate.js'
import type { ChosenFile, ChosenFiles } from './chosen-files.js'
import { ClipIcon } from '../shared/icons.js'
import { useIncomingFiles } from './incoming-files.js'
import { PreviewCanvas } from './pictures/preview-canvas.js'

interface TrayProps {
  files: ChosenFiles
  /** Gets the focus when a file is removed, because its button disappears with it. */
  field: RefObject<HTMLElement | null>
}

/** The chosen files, and a drop hint while files are dragged over the page. */
export function FileTray({ files, field }: TrayProps) {
  const areOver = useIncomingFiles(files.add)
  return (
    <>
      {areOver.value && (
        <p class="drop-here" aria-hidden="true">
          {translate('files.drop')}
        </p>
      )}
      <ChosenFileList files={files} onRemoved={() => field.current?.focus()} />
    </>
  )
}

interface ListProps {
  files: ChosenFiles
  /** Moves the focus after a file is removed. */
  onRemoved: () => void
}

/** The chosen files, each with a button that removes it. */
export function ChosenFileList({ files, onRemoved }: ListProps) {
  if (files.chosen.value.length === 0) return null
  return (
    <ul class="tray" aria-label={translate('files.chosen')}>
      {files.chosen.value.map((chosen) => (
        <TrayItem
          chosen={chosen}
          onRemove={() => {
            files.remove(chosen)
            onRemoved()
          }}
        />
      ))}
    </ul>
  )
}

function TrayItem({ chosen: { file, preview }, onRemove }: { chosen: ChosenFile; onRemove: () => void }) {
  return (
    <li>
      {preview.value === undefined ? <ClipIcon /> : <PreviewCanvas preview={preview.value} />}
      <span class="file-name">
        <bdi>{file.name}</bdi>
        <span class="muted">{formatBytes(file.size)}</span>
      </span>
      <button
        type="button"
        class="quiet"
        aria-label={translate('files.remove', { name: file.name })}
        title={translate('files.remove', { name: file.name })}
        onClick={onRemove}
      >
        ✕
      </button>
    </li>
  )
}
