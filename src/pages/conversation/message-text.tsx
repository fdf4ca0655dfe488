import type { Message } from '../../client/index.js'
import { findLinks, nameFile, readWebAddress } from '../text/links.js'
import { ClipIcon } from '../shared/icons.js'

/** What somebody else wrote: text, and links that tell the other site nothing of this one. */
export function MessageText({ content }: { content: string }) {
  return (
    <p class="text" dir="auto">
      {findLinks(content).map(({ text, href }) => (href === undefined ? text : <Link href={href}>{text}</Link>))}
    </p>
  )
}

export function Attachment({ message }: { message: Message }) {
  const { attachment_url, attachment_type } = message
  if (attachment_url === '') return null
  const href = readWebAddress(attachment_url)
  return (
    <p class="attachment">
      <ClipIcon />
      {href === undefined ? <bdi>{attachment_url}</bdi> : <Link href={href}>{nameFile(href)}</Link>}
      {attachment_type !== '' && <span class="kind">{nameKind(attachment_type)}</span>}
    </p>
  )
}

/** `image` for `image/jpeg`. Messages of earlier versions hold such a word instead of a MIME type. */
const nameKind = (type: string) => type.replace(/^application\/.*/, 'file').replace(/\/.*/, '')

function Link({ href, children }: { href: string; children: string }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" dir="ltr">
      {children}
    </a>
  )
}
