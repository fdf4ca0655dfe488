import { effect } from '@preact/signals'
import type { Desk } from './state/desk.js'

/** On narrow screens the conversation covers the list, as in the style sheet. */
const narrow = matchMedia('(max-width: 760px)')
const PATTERN = /^#session=([1-9]\d{0,15})$/

const readAddress = (): number | undefined => {
  const [, id] = PATTERN.exec(location.hash) ?? []
  return id === undefined ? undefined : Number(id)
}

/** The state of a history entry that comes after the one of the list. */
interface EntryState {
  isAfterList?: boolean
}

/**
 * Names the open conversation in the fragment of the address, so that a reload opens it again. On narrow screens it has a
 * history entry of its own, so that Back returns to the list. Returns a function that ends this.
 */
export function followAddress(desk: Desk): () => void {
  let isFollowed = false
  const show = () => {
    if (isFollowed) desk.choose(readAddress())
  }
  const begin = () => {
    if (isFollowed || isEnded) return
    isFollowed = true
    if (desk.chosen.peek() === undefined) show()
    write(desk.chosen.peek()?.id)
  }
  let isEnded = false
  const stop = effect(() => {
    const id = desk.chosen.value?.id
    if (isFollowed) write(id)
    // Deferred until all parts of the console know the account.
    else if (desk.book.ownId.value !== undefined) queueMicrotask(begin)
  })
  window.addEventListener('popstate', show)
  return () => {
    isEnded = true
    stop()
    window.removeEventListener('popstate', show)
  }
}

function write(id: number | undefined): void {
  const before = readAddress()
  if (id === before) return
  const { isAfterList = false } = (history.state ?? {}) as EntryState
  const address = `${location.pathname}${location.search}${id === undefined ? '' : `#session=${id}`}`
  if (id === undefined && isAfterList) history.back()
  else if (before === undefined && narrow.matches) {
    history.pushState({ isAfterList: true } satisfies EntryState, '', address)
  } else history.replaceState(history.state, '', address)
}
