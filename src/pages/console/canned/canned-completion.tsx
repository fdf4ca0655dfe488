import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { CannedReply } from '../../../client/index.js'
import type { Completion } from '../../conversation/composer.js'
import { translate } from '../../languages/translate.js'
import { describeError } from '../../shared/describe-error.js'
import { findShortcut } from '../state/canned.js'
import type { Desk } from '../state/desk.js'

interface Open {
  from: number
  to: number
  typed: string
}

/** Suggests canned replies while the admin types `/` and a shortcut, and replaces the shortcut by the chosen reply. */
export function useCannedCompletion(
  desk: Desk,
  sessionId: number,
  text: Signal<string>,
  onManage: () => void,
): Completion {
  const open = useSignal<Open>()
  const place = useSignal(0)
  const isInserting = useSignal(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const caret = useRef<number>(undefined)
  useEffect(() => {
    // The caret can be set only now: the effect runs after the field has got the new text.
    if (caret.current !== undefined) field.current?.setSelectionRange(caret.current, caret.current)
    caret.current = undefined
  }, [text.value])

  const replies = open.value === undefined ? [] : desk.canned.find(open.value.typed)
  const isOpen = open.value !== undefined
  const close = () => (open.value = undefined)

  async function insert(reply: CannedReply): Promise<void> {
    const at = open.value
    const before = text.value
    close()
    if (at === undefined) return
    isInserting.value = true
    try {
      const content = await desk.canned.use(reply, sessionId)
      // If the admin has changed the shortcut meanwhile, the reply no longer replaces it.
      if (text.value.slice(at.from, at.to) !== before.slice(at.from, at.to)) return
      caret.current = at.from + content.length
      text.value = text.value.slice(0, at.from) + content + text.value.slice(at.to)
    } catch (error) {
      desk.toasts.add(describeError(error))
    } finally {
      isInserting.value = false
    }
    field.current?.focus()
  }

  function look(element: HTMLTextAreaElement): void {
    field.current = element
    const found = findShortcut(element.value, element.selectionStart)
    if (found !== undefined && !isOpen) void desk.canned.refresh().catch(() => undefined)
    place.value = 0
    open.value = found && { ...found, to: element.selectionStart }
  }

  function takesKey(event: KeyboardEvent): boolean {
    if (!isOpen) return false
    const reply = replies[place.value]
    if (event.key === 'Escape') close()
    else if (event.key === 'ArrowDown') place.value = Math.min(replies.length - 1, place.value + 1)
    else if (event.key === 'ArrowUp') place.value = Math.max(0, place.value - 1)
    else if ((event.key === 'Enter' || event.key === 'Tab') && reply && !event.shiftKey) void insert(reply)
    else return false
    event.preventDefault()
    return true
  }

  return {
    look,
    takesKey,
    // Sending now would send the shortcut itself to the store.
    isBusy: isInserting.value || (isOpen && !desk.canned.isKnown.value),
    leave: close,
    attributes: isOpen
      ? {
          // ARIA: a textarea is a text box, which may have an active descendant, but must not have the role `combobox`.
          'aria-autocomplete': 'list',
          'aria-haspopup': 'listbox',
          'aria-controls': 'canned-list',
          'aria-activedescendant': replies.length > 0 ? `canned-${place.value}` : undefined,
        }
      : {},
    list: isOpen && <CannedList {...{ replies, place, onManage }} onChoose={(reply) => void insert(reply)} />,
  }
}

interface CannedListProps {
  replies: readonly CannedReply[]
  place: Signal<number>
  onChoose: (reply: CannedReply) => void
  onManage: () => void
}

function CannedList({ replies, place, onChoose, onManage }: CannedListProps) {
  // Pressing the mouse button would blur the field, which closes the list before the click.
  const keepFocus = (event: Event) => event.preventDefault()
  return (
    <div class="canned" onMouseDown={keepFocus}>
      <ul role={replies.length > 0 ? 'listbox' : undefined} id="canned-list" aria-label={translate('canned.title')}>
        {replies.map((reply, index) => (
          <li
            key={reply.id}
            id={`canned-${index}`}
            role="option"
            aria-selected={index === place.value}
            onClick={() => onChoose(reply)}
          >
            <b>
              <bdi>/{reply.shortcut}</bdi>
            </b>{' '}
            <bdi class="snippet">{reply.content}</bdi>
          </li>
        ))}
      </ul>
      <p class="canned-foot">
        <span class="muted" role="status">
          {translate('canned.count', { shown: replies.length })}
        </span>
        <button type="button" class="link" tabIndex={-1} onClick={onManage}>
          {translate('canned.manage')}
        </button>
      </p>
    </div>
  )
}
