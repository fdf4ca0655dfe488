import { signal } from '@preact/signals'

const news = signal('')

/** Says something to screen readers when they are done with what they say. */
export function announce(text: string): void {
  news.value = text
}

export function Announcer() {
  return (
    <p class="unseen" aria-live="polite" data-announcer>
      {news.value}
    </p>
  )
}
