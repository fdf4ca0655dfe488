import { useRef } from 'preact/hooks'
import type { Message } from '../../client/index.js'
import { formatBytes } from '../languages/formats.js'
import { translate } from '../languages/translate.js'
import { ClipIcon } from '../shared/icons.js'
import { Link } from '../shared/link.js'
import { nameFile, readWebAddress } from '../text/links.js'
import { useFileFacts } from './file-facts.js'
import { isPicture, readOwnFile, type OwnFile } from './pictures/own-file.js'
import { Picture } from './pictures/picture.js'

interface AttachmentProps {
  message: Pick<Message, 'attachment_url' | 'attachment_type'>
  /** Opens the picture in the viewer. */
  onOpen: () => void
}

/** The attachment of a stored message: an inline picture, a file of this service, or a link to another site. */
export function Attachment({ message: { attachment_url, attachment_type }, onOpen }: AttachmentProps) {
  if (attachment_url === '') return null
  const own = readOwnFile(attachment_url)
  if (own === undefined) return <ForeignFile url={attachment_url} type={attachment_type} />
  const row = <OwnFileRow file={own} />
  return isPicture(attachment_type) ? <Picture file={own} onOpen={onOpen} fallback={row} /> : row
}

function OwnFileRow({ file: { href, name } }: { file: OwnFile }) {
  const row = useRef<HTMLParagraphElement>(null)
  const { name: fullName = name, bytes, isGone } = useFileFacts(row, href).value
  return (
    <p class="attachment" ref={row}>
      <ClipIcon />
      {isGone ? <bdi>{name}</bdi> : <Link href={href}>{fullName}</Link>}
      <span class="kind">
        {isGone ? translate('files.gone') : nameEnding(name)}
        {bytes !== undefined && ` · ${formatBytes(bytes)}`}
      </span>
    </p>
  )
}

const nameEnding = (name: string) => name.slice(name.lastIndexOf('.') + 1).toUpperCase()

function ForeignFile({ url, type }: { url: string; type: string }) {
  const href = readWebAddress(url)
  return (
    <p class="attachment">
      <ClipIcon />
      {href === undefined ? <bdi>{url}</bdi> : <Link href={href}>{nameFile(href)}</Link>}
      {type !== '' && <span class="kind">{nameKind(type)}</span>}
    </p>
  )
}

const kinds = ['image', 'video', 'audio', 'file'] as const

/**
 * "image" for `image/jpeg`, in the page's language, and "file" for other types. Messages of earlier versions hold such a word
 * in place of a MIME type; an unknown word is shown as it is.
 */
function nameKind(type: string): string {
  const [word = '', subtype] = type.split('/')
  const kind = kinds.find((kind) => kind === word) ?? (subtype === undefined ? undefined : 'file')
  return kind === undefined ? type : translate(`files.${kind}`)
}
