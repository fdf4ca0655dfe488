import { findLinks } from '../text/links.js'
import { Link } from '../shared/link.js'

/** What somebody else wrote: text, and links that tell the other site nothing of this one. */
export function MessageText({ content }: { content: string }) {
  return (
    <p class="text" dir="auto">
      {findLinks(content).map(({ text, href }) => (href === undefined ? text : <Link href={href}>{text}</Link>))}
    </p>
  )
}
