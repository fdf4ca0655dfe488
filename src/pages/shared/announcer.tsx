import { signal } from '@preact/signals'

interface Line {
  id: number
  text: string
}

/** Screen readers queue announcements, so their number and length are limited. */
const KEPT_LINES = 5
const LONGEST_TEXT = 300

const lines = signal<readonly Line[]>([])
let count = 0

/** Announces a text to screen readers, after their current speech. A repeated text is announced again. */
export function announce(text: string): void {
  const shortened = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
  lines.value = [...lines.value, { id: count++, text: shortened }].slice(-KEPT_LINES)
}

/** Removes all announcements, so that the next user of the page does not hear them. */
export function forgetAnnouncements(): void {
  lines.value = []
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
