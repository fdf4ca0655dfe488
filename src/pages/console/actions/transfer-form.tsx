import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Colleague } from '../../../client/index.js'
import { translate } from '../../languages/translate.js'
import { readId, toLatinDigits } from '../../text/read-id.js'
import { findColleagues } from './find-colleagues.js'

interface TransferFormProps {
  colleagues: readonly Colleague[]
  onCancel: () => void
  onTransfer: (adminId: number, note: string | undefined) => void
}

/** The form lists at most this many admins. Typing finds the others. */
const SHOWN = 50

/** Asks for the admin who takes over, by name or id, and for a note. Online admins come first. */
export function TransferForm({ colleagues, onCancel, onTransfer }: TransferFormProps) {
  const typed = useSignal('')
  const chosen = useSignal<number>()
  const note = useSignal('')
  const field = useRef<HTMLInputElement>(null)
  // The dialog was opened empty, so the browser could not focus a field in it.
  useLayoutEffect(() => field.current?.focus(), [])
  const found = findColleagues(colleagues, typed.value)
  const adminId = found.find(({ id }) => id === chosen.value)?.id ?? readId(typed.value)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (adminId !== undefined) onTransfer(adminId, note.value.trim() || undefined)
      }}
    >
      <label>
        {translate('session.transferTo')}
        <input
          type="text"
          ref={field}
          autocomplete="off"
          value={typed.value}
          onInput={({ currentTarget }) => {
            typed.value = toLatinDigits(currentTarget.value)
            const [only, ...more] = findColleagues(colleagues, typed.value)
            chosen.value = typed.value !== '' && only && more.length === 0 ? only.id : undefined
          }}
        />
      </label>
      <fieldset class="colleagues">
        <legend class="unseen">{translate('session.colleagues')}</legend>
        {found.slice(0, SHOWN).map(({ id, name, online, held }) => (
          <label key={id} class="check">
            <input type="radio" name="colleague" checked={chosen.value === id} onChange={() => (chosen.value = id)} />
            <span class="colleague">
              <span class={online ? 'dot online' : 'dot'} aria-hidden="true" />
              <bdi class="name">{name}</bdi>
              <span class="muted">
                {translate(online ? 'session.colleagueOnline' : 'session.colleagueOffline', { held })}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      <label>
        {translate('session.transferReason')}
        <textarea
          rows={2}
          maxLength={10_000}
          dir="auto"
          value={note.value}
          onInput={({ currentTarget }) => (note.value = currentTarget.value)}
        />
      </label>
      <div class="actions">
        <button type="button" onClick={onCancel}>
          {translate('cancel')}
        </button>
        <button type="submit" class="primary" disabled={adminId === undefined}>
          {translate('session.transfer')}
        </button>
      </div>
    </form>
  )
}
