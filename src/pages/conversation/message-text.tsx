import { findLinks } from '../text/links.js'
import { Link } from '../shared/link.js'

/** The text of a message, with its web addresses as links. */
export function MessageText({ content }: { content: string }) {
  return (
    <p class="text" dir="auto">
      {findLinks(content).map(({ text, href }) => (href === undefined ? text : <Link href={href}>{text}</Link>))}
    </p>
  )
}
