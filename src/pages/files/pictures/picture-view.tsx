import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Signal } from '@preact/signals'
import type { Message } from '../../../client/index.js'
import { translate } from '../../languages/translate.js'
import { BackIcon } from '../../shared/icons.js'
import { isPicture, readOwnFile, type OwnFile } from './own-file.js'

interface ViewProps {
  messages: readonly Message[]
  /** The message whose picture is shown; undefined while the view is closed. */
  openedId: Signal<number | undefined>
}

interface ShownPicture {
  id: number
  file: OwnFile
}

const listPictures = (messages: readonly Message[]): ShownPicture[] =>
  messages.flatMap(({ id, attachment_url, attachment_type }) => {
    const file = isPicture(attachment_type) ? readOwnFile(attachment_url) : undefined
    return file === undefined ? [] : { id, file }
  })

/** Shows a picture as large as the page allows. The arrow keys show the previous and the next one; Escape closes it. */
export function PictureView({ messages, openedId }: ViewProps) {
  const pictures = openedId.value === undefined ? [] : listPictures(messages)
  const place = pictures.findIndex(({ id }) => id === openedId.value)
  const shown = pictures[place]
  if (shown === undefined) return null
  const show = (next: number) => (openedId.value = pictures[next]?.id ?? openedId.value)
  return (
    <Viewer
      file={shown.file}
      onClose={() => (openedId.value = undefined)}
      onPrevious={place > 0 ? () => show(place - 1) : undefined}
      onNext={place < pictures.length - 1 ? () => show(place + 1) : undefined}
    />
  )
}

interface ViewerProps {
  file: OwnFile
  onClose: () => void
  onPrevious: (() => void) | undefined
  onNext: (() => void) | undefined
}

/** A native modal dialog: the browser traps the focus, and returns it to the opening button on close. */
function Viewer({ file: { href, name, size }, onClose, onPrevious, onNext }: ViewerProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  const onKeyDown = ({ key, currentTarget }: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const isMirrored = getComputedStyle(currentTarget).direction === 'rtl'
    const [back, forth] = isMirrored ? ['ArrowRight', 'ArrowLeft'] : ['ArrowLeft', 'ArrowRight']
    if (key === back) onPrevious?.()
    if (key === forth) onNext?.()
  }
  const close = () => dialog.current?.close()
  return (
    <dialog class="picture-view" ref={dialog} aria-label={name} onClose={onClose} onKeyDown={onKeyDown}>
      <header>
        <a class="file-name" href={href} target="_blank" rel="noopener noreferrer" title={name}>
          <bdi>{name}</bdi>
        </a>
        {(onPrevious ?? onNext) && (
          <>
            <Arrow label={translate('picture.previous')} onClick={onPrevious} />
            <Arrow label={translate('picture.next')} onClick={onNext} isForth />
          </>
        )}
        <button type="button" class="quiet" aria-label={translate('picture.close')} onClick={close}>
          ✕
        </button>
      </header>
      <div class="stage" onClick={({ target, currentTarget }) => target === currentTarget && close()}>
        {/* Without the key, the previous picture would stay visible while the next one loads. */}
        <img key={href} src={href} alt={name} width={size?.width} height={size?.height} />
      </div>
    </dialog>
  )
}

interface ArrowProps {
  label: string
  onClick: (() => void) | undefined
  isForth?: boolean
}

const Arrow = ({ label, onClick, isForth = false }: ArrowProps) => (
  <button
    type="button"
    class={`quiet ${isForth ? 'forth' : ''}`}
    aria-label={label}
    aria-disabled={onClick === undefined}
    onClick={onClick}
  >
    <BackIcon />
  </button>
)
