import type { Signal } from '@preact/signals'
import type { AriaAttributes, ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { AttachButton } from '../files/attach-button.js'
import type { ChosenFile, ChosenFiles } from '../files/chosen-files.js'
import { FileTray } from '../files/file-tray.js'
import { SendIcon } from '../shared/icons.js'
import { isComposing, isTouchScreen } from '../browser/keys.js'

/** The service refuses longer texts. */
const LONGEST_TEXT = 10_000
const TALLEST_PX = 160

/** Autocompletion of the text in the field. */
export interface Completion {
  /** The suggestions, shown above the field. */
  list: ComponentChildren
  attributes: AriaAttributes
  look(field: HTMLTextAreaElement): void
  /** Handles a key. Returns whether the composer must ignore it. */
  takesKey(event: KeyboardEvent): boolean
  /** Whether a completion is pending: the composer does not send until it ends. */
  isBusy: boolean
  leave(): void
}

interface ComposerProps {
  /** The text in the field. */
  text: Signal<string>
  label: string
  onSend: (content: string, files: readonly ChosenFile[]) => void
  onTyping: (isTyping: boolean) => void
  onEscape?: () => void
  /** The files to send with the text. */
  files: ChosenFiles
  completion?: Completion
}

/** Enter sends, Shift+Enter starts a new line. On touch screens Enter starts a new line. */
export function Composer({ text, label, files, onSend, onTyping, onEscape, completion }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const left = LONGEST_TEXT - text.value.length
  const isEmpty = text.value.trim() === '' && files.chosen.value.length === 0
  // The field takes no longer text from the keyboard, but a canned reply may be too much.
  const maySend = !isEmpty && left >= 0
  useLayoutEffect(() => {
    if (!field.current) return
    field.current.style.height = 'auto'
    field.current.style.height = `${Math.min(field.current.scrollHeight, TALLEST_PX)}px`
  }, [text.value])

  const send = () => {
    if (!maySend || completion?.isBusy === true) return
    onTyping(false)
    onSend(text.value.trim() === '' ? '' : text.value, files.take())
    text.value = ''
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event) || completion?.takesKey(event) === true) return
    if (event.key === 'Enter' && sendsBy(event)) {
      event.preventDefault()
      send()
    }
    if (event.key === 'Escape') onEscape?.()
  }
  return (
    <>
      <FileTray files={files} field={field} />
      {completion?.list}
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <AttachButton onFiles={files.add} />
        <textarea
          ref={field}
          rows={1}
          // With `auto`, the placeholder of an empty field would run from left to right in every language.
          dir={text.value === '' ? undefined : 'auto'}
          aria-label={label}
          placeholder={label}
          maxLength={LONGEST_TEXT}
          enterkeyhint={isTouchScreen() ? 'enter' : 'send'}
          value={text.value}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value
            onTyping(currentTarget.value !== '')
            completion?.look(currentTarget)
          }}
          onBlur={() => {
            onTyping(false)
            completion?.leave()
          }}
          onKeyDown={onKeyDown}
          {...completion?.attributes}
          data-composer
        />
        {left < 500 && <span class="left">{translate('composer.left', { count: left })}</span>}
        <button type="submit" class="primary send" aria-label={translate('composer.send')} disabled={!maySend}>
          <SendIcon />
        </button>
      </form>
    </>
  )
}

const sendsBy = ({ shiftKey, ctrlKey, metaKey }: KeyboardEvent) => ctrlKey || metaKey || (!shiftKey && !isTouchScreen())
