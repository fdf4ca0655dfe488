import { useSignal } from '@preact/signals'
import type { InputHTMLAttributes } from 'preact'
import { translate } from '../../languages/translate.js'

interface TagInputProps extends Pick<InputHTMLAttributes, 'disabled' | 'onFocus'> {
  onTag: (tag: string) => void
  /** What its button says; without, there is none. */
  action?: string
}

/** A field for a tag, which offers those that are in use. */
export function TagInput({ onTag, action, ...attributes }: TagInputProps) {
  const text = useSignal('')
  const tag = text.value.trim().toLowerCase()
  return (
    <form
      class="tag-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (tag !== '') onTag(tag)
        text.value = ''
      }}
    >
      <input
        type="text"
        list="known-tags"
        maxLength={32}
        autocomplete="off"
        aria-label={translate('tags.add')}
        placeholder={translate('tags.add')}
        value={text.value}
        onInput={({ currentTarget }) => (text.value = currentTarget.value)}
        {...attributes}
        data-tag
      />
      {action !== undefined && (
        <button type="submit" disabled={tag === ''}>
          {action}
        </button>
      )}
    </form>
  )
}
