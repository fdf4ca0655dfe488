import { formatNumber } from '../../languages/formats.js'
import { translate } from '../../languages/translate.js'

const URGENT = 3

/** Marks a raised priority by a symbol and a text, because colour alone is not accessible. */
export function PriorityMark({ priority }: { priority: number }) {
  if (priority <= 0) return null
  const word = translate(nameOfPriority(priority))
  return (
    <span class={`priority ${priority >= URGENT ? 'urgent' : ''}`} title={word}>
      <span aria-hidden="true">{'!'.repeat(Math.min(priority, URGENT))}</span>
      <span class="unseen">{word}</span>
    </span>
  )
}

const names = ['priority.0', 'priority.1', 'priority.2', 'priority.3'] as const
export const priorities = names.map((name, priority) => ({ name, priority }))

const nameOfPriority = (priority: number) => names[priority] ?? 'priority.3'

export function TagChips({ tags, most = tags.length }: { tags: readonly string[]; most?: number }) {
  if (tags.length === 0) return null
  return (
    <span class="chips">
      {tags.slice(0, most).map((tag) => (
        <bdi key={tag} class="chip">
          {tag}
        </bdi>
      ))}
      {tags.length > most && <span class="chip">+{formatNumber(tags.length - most)}</span>}
    </span>
  )
}

/** The tags in use, as suggestions for every field with `list="known-tags"`. */
export const KnownTags = ({ tags }: { tags: readonly { tag: string }[] }) => (
  <datalist id="known-tags">
    {tags.map(({ tag }) => (
      <option key={tag} value={tag} />
    ))}
  </datalist>
)
