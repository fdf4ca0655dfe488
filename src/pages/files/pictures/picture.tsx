import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { translate } from '../../languages/translate.js'
import type { OwnFile } from './own-file.js'
import { fitPicture, noteSize } from './picture-size.js'

interface PictureProps {
  file: OwnFile
  onOpen: () => void
  /** Rendered instead of a picture that cannot be loaded. */
  fallback: ComponentChildren
}

/** A picture in the log. Its space is reserved before it is loaded. */
export function Picture({ file: { href, name, size }, onOpen, fallback }: PictureProps) {
  const shown = useSignal(size)
  const isBroken = useSignal(false)
  if (isBroken.value) return <>{fallback}</>
  const { width, height } = fitPicture(shown.value)
  return (
    <button type="button" class="picture" aria-label={translate('picture.open', { name })} onClick={onOpen}>
      <img
        src={href}
        width={width}
        height={height}
        alt={name}
        loading="lazy"
        decoding="async"
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
          shown.value = { width: naturalWidth, height: naturalHeight }
          noteSize(href, shown.value)
        }}
        onError={() => (isBroken.value = true)}
      />
    </button>
  )
}
