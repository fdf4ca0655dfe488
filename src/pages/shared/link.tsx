import type { ComponentChildren } from 'preact'

/** A link to another site, which gets neither a referrer nor access to this window. */
export function Link({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" dir="ltr">
      {children}
    </a>
  )
}
