import { signal } from '@preact/signals'

interface Line {
  id: number
  text: string
}

/** Screen readers queue what is added; longer than this they are not asked to read. */
const KEPT_LINES = 5
const LONGEST_TEXT = 300

const lines = signal<readonly Line[]>([])
let count = 0

/** Says something to screen readers when they are done with what they say. The same text again is said again. */
export function announce(text: string): void {
  const shortened = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
  lines.value = [...lines.value, { id: count++, text: shortened }].slice(-KEPT_LINES)
}

export function Announcer() {
  return (
    <div class="unseen" role="log" aria-live="polite" data-announcer>
      {lines.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  )
}
