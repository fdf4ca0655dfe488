import type { ComponentChildren } from 'preact'

/** A link that tells the other site nothing of this one. */
export function Link({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" dir="ltr">
      {children}
    </a>
  )
}
