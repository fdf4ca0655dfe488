import { useLayoutEffect, useRef } from 'preact/hooks'
import { focusRendered } from '../../browser/focus.js'
import { translate } from '../../languages/translate.js'
import { ConfirmDialog } from '../../shared/dialog.js'
import type { Selection } from '../state/bulk.js'
import type { Desk } from '../state/desk.js'
import type { Row } from '../state/lists/rows.js'
import { nameStore } from '../state/names.js'
import { TagInput } from './tag-input.js'

/** The toolbar for the chosen rows. It replaces the filter while rows can be chosen. */
export function BulkBar({ desk }: { desk: Desk }) {
  const { book, client, selection, list } = desk
  const closing = useRef<HTMLDialogElement>(null)
  const bar = useRef<HTMLDivElement>(null)
  const rows = selection.rows.value
  const { isBusy } = selection
  useLayoutEffect(() => {
    // The button that started the selection is gone, or the pressed one was disabled, and the focus with it. A row keeps the
    // focus it has.
    if (!isBusy.value && document.activeElement === document.body) bar.current?.focus()
  }, [isBusy.value])
  useLayoutEffect(
    () => () => {
      const { activeElement } = document
      const hadFocus = activeElement === document.body || bar.current?.contains(activeElement) === true
      if (hadFocus) focusRendered('[data-act=select]')
    },
    [],
  )
  const mayClose = ({ session }: Row) =>
    book.isOwn(session) || (book.isSupervisor.value && session.status === 'claimed')
  const [waiting, closable] = [rows.filter(({ session }) => session.status === 'open'), rows.filter(mayClose)]
  const selectAll = async () => {
    const name = list.value
    const select = () => selection.set(book.lists[name].rows.value.map(({ session }) => session.id))
    select()
    if (book.lists[name].isComplete.value) return
    await book.readRest(name)
    if (selection.isOn.value && list.value === name) select()
  }
  const addTag = (tag: string) =>
    selection.run(async ({ session }) => {
      const tags = book.rows.value.get(session.id)?.tags ?? []
      const changed = await client.updateSession(session.id, { tags: [...new Set([...tags, tag])] })
      book.changeDetails({ session_id: session.id, tags: changed.tags, priority: changed.priority })
    })
  return (
    <div
      class="bulk"
      ref={bar}
      tabIndex={-1}
      role="toolbar"
      aria-label={translate('bulk.label')}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        selection.turn(false)
      }}
    >
      <p role="status">{translate('bulk.count', { count: rows.length })}</p>
      <button type="button" class="quiet" onClick={() => void selectAll()}>
        {translate('bulk.all')}
      </button>
      <button type="button" class="quiet" onClick={() => selection.turn(false)}>
        {translate('bulk.end')}
      </button>
      <div class="bulk-acts">
        <button
          type="button"
          disabled={waiting.length === 0 || isBusy.value}
          onClick={() =>
            void selection.run(async ({ session }) => {
              if (session.status === 'open') book.apply(await client.claim(session.id))
            })
          }
        >
          {translate('bulk.claim')}
        </button>
        <button
          type="button"
          disabled={closable.length === 0 || isBusy.value}
          onClick={() => closing.current?.showModal()}
        >
          {translate('bulk.close')}
        </button>
        <TagInput disabled={rows.length === 0 || isBusy.value} onTag={(tag) => void addTag(tag)} />
      </div>
      <ConfirmDialog
        dialog={closing}
        title={translate('bulk.closeTitle', { count: closable.length })}
        text={translate('session.closeText')}
        action={translate('bulk.close')}
        onConfirm={() =>
          void selection.run(async (row) => {
            if (mayClose(row)) book.apply(await client.closeSession(row.session.id))
          })
        }
      />
    </div>
  )
}

/** The checkbox of a row. */
export function Pick({ row: { session, store }, selection }: { row: Row; selection: Selection }) {
  return (
    <label class="pick">
      <input
        type="checkbox"
        checked={selection.ids.value.has(session.id)}
        aria-label={translate('bulk.pick', { name: nameStore(store, session.store_id) })}
        onChange={() => selection.toggle(session.id)}
      />
    </label>
  )
}
