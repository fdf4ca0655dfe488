import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { CannedReply } from '../../../../client/index.js'
import { translate } from '../../../languages/translate.js'
import { describeError } from '../../../shared/describe-error.js'
import { Problem } from '../../../shared/problem.js'
import type { Desk } from '../../state/desk.js'

export interface CannedEditorProps {
  desk: Desk
}

interface Edited {
  id?: number
  shortcut: string
  content: string
  shared: boolean
}

const blank: Edited = { shortcut: '', content: '', shared: false }

/** Edits an admin's canned replies. Only supervisors can change shared ones. */
export default function CannedEditor({ desk }: CannedEditorProps) {
  const edited = useSignal<Edited>()
  const problem = useSignal<string>()
  const attempt = async (work: () => Promise<unknown>) => {
    problem.value = undefined
    try {
      await work()
      return true
    } catch (error) {
      problem.value = describeError(error)
      return false
    }
  }
  useEffect(() => void attempt(desk.canned.refresh), [])
  const box = useRef<HTMLDivElement>(null)
  const last = useRef<Edited>(undefined)
  useLayoutEffect(() => {
    const { value: next } = edited
    const left = last.current
    last.current = next
    // The pressed button is gone, and the focus with it.
    const place = next === undefined ? left && `[data-reply="${left.id ?? ''}"], .new` : 'input'
    if (place !== undefined) box.current?.querySelector<HTMLElement>(place)?.focus()
  }, [edited.value === undefined])
  const remove = async ({ id }: CannedReply) => {
    if (await attempt(() => desk.canned.remove(id))) box.current?.querySelector<HTMLElement>('.new')?.focus()
  }
  const mayEdit = ({ shared }: CannedReply) => !shared || desk.book.isSupervisor.value

  return (
    <div ref={box}>
      <Problem of={problem} isPlain />
      {edited.value === undefined ? (
        <>
          {desk.canned.all.value.length === 0 && <p class="muted">{translate('canned.none')}</p>}
          <ul class="canned-all">
            {desk.canned.all.value.map((reply) => (
              <li key={reply.id}>
                <p>
                  <b>
                    <bdi>/{reply.shortcut}</bdi>
                  </b>{' '}
                  {reply.shared && <span class="chip">{translate('canned.shared')}</span>}
                </p>
                <p class="snippet" dir="auto">
                  {reply.content}
                </p>
                {mayEdit(reply) && (
                  <p class="canned-acts">
                    <button type="button" class="link" data-reply={reply.id} onClick={() => (edited.value = reply)}>
                      {translate('canned.edit')}
                      <span class="unseen"> /{reply.shortcut}</span>
                    </button>{' '}
                    <button type="button" class="link" onClick={() => void remove(reply)}>
                      {translate('canned.delete')}
                      <span class="unseen"> /{reply.shortcut}</span>
                    </button>
                  </p>
                )}
              </li>
            ))}
          </ul>
          <button type="button" class="new" onClick={() => (edited.value = blank)}>
            {translate('canned.new')}
          </button>
        </>
      ) : (
        <CannedForm
          edited={edited as Signal<Edited>}
          mayShare={desk.book.isSupervisor.value}
          onCancel={() => (edited.value = undefined)}
          onSave={async ({ id, shortcut, content, shared }) => {
            const isSaved = await attempt(() => desk.canned.save({ shortcut, content, shared }, id))
            if (isSaved) edited.value = undefined
          }}
        />
      )}
    </div>
  )
}

interface FormProps {
  edited: Signal<Edited>
  mayShare: boolean
  onCancel: () => void
  onSave: (edited: Edited) => Promise<void>
}

function CannedForm({ edited, mayShare, onCancel, onSave }: FormProps) {
  const set = (change: Partial<Edited>) => (edited.value = { ...edited.value, ...change })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void onSave(edited.value)
      }}
    >
      <label>
        {translate('canned.shortcut')}
        <input
          type="text"
          required
          maxLength={32}
          pattern="[\p{L}\p{M}\p{N}_.\-]+"
          title={translate('canned.shortcutHint')}
          autocomplete="off"
          value={edited.value.shortcut}
          onInput={({ currentTarget }) => set({ shortcut: currentTarget.value.replace(/^\//, '') })}
        />
      </label>
      <label>
        {translate('canned.content')}
        <textarea
          rows={5}
          required
          maxLength={10_000}
          dir="auto"
          value={edited.value.content}
          onInput={({ currentTarget }) => set({ content: currentTarget.value })}
        />
      </label>
      <p class="muted">{translate('canned.hint', { store: '{{store.name}}', admin: '{{admin.name}}' })}</p>
      {mayShare && (
        <label class="check">
          <input
            type="checkbox"
            checked={edited.value.shared}
            onChange={({ currentTarget }) => set({ shared: currentTarget.checked })}
          />
          {translate('canned.forAll')}
        </label>
      )}
      <div class="actions">
        <button type="button" onClick={onCancel}>
          {translate('cancel')}
        </button>
        <button type="submit" class="primary">
          {translate('canned.save')}
        </button>
      </div>
    </form>
  )
}
