import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

interface WindowListProps<Item> {
  /** The loaded rows, from the start of the list. */
  items: readonly Item[]
  /** The number of rows to scroll through, loaded or not. */
  size: number
  /** Whether `size` is exact. */
  isCounted: boolean
  keyOf: (item: Item) => number
  /** The height of every row. */
  rowPx: number
  label: string
  /** The key of the row that is shown beside the list. */
  chosen: number | undefined
  onChoose: (key: number) => void
  /** Called when rows that are not loaded scroll into view. */
  onReach: () => void
  /** Called with the places of the rows in the document, when they may have changed. */
  onView: (places: readonly number[]) => void
  /** Rendered before a row, such as a checkbox. */
  leading?: ((item: Item) => ComponentChildren) | undefined
  /** Called when the focus moves between rows with the Shift key held. */
  onExtend?: ((from: number, to: number) => void) | undefined
  children: (item: Item) => ComponentChildren
}

const SPARE_ROWS = 6

/**
 * A virtual list: the document holds only the visible rows and the focusable one. With a roving tab index, Tab reaches one
 * row; the arrow keys, Home, End and the page keys move the focus between rows.
 */
export function WindowList<Item>(props: WindowListProps<Item>) {
  const {
    items,
    size,
    isCounted,
    keyOf,
    rowPx,
    label,
    chosen,
    onChoose,
    onReach,
    onView,
    leading,
    onExtend,
    children,
  } = props
  const box = useRef<HTMLDivElement>(null)
  const view = useSignal({ top: 0, height: 800 })
  const current = useSignal<number>()
  const wantsFocus = useRef(false)
  /** The place of a row that gets the focus once it is loaded. */
  const wanted = useRef<number>(undefined)
  const lastPlace = useRef(0)

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => (view.value = { top: element.scrollTop, height: element.clientHeight })
    const resized = new ResizeObserver(measure)
    resized.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    return () => {
      resized.disconnect()
      element.removeEventListener('scroll', measure)
    }
  }, [])
  const hadFocus = box.current?.contains(document.activeElement) === true
  useLayoutEffect(() => {
    // The focused row may have been removed from the list.
    const isLost = hadFocus && document.activeElement === document.body
    if (!wantsFocus.current && !isLost) return
    wantsFocus.current = false
    box.current?.querySelector<HTMLElement>('.row[tabindex="0"]')?.focus({ preventScroll: true })
  })

  const { top, height } = view.value
  const from = Math.max(0, Math.floor(top / rowPx) - SPARE_ROWS)
  const to = Math.min(size, Math.ceil((top + height) / rowPx) + SPARE_ROWS)
  const placeOf = (key: number | undefined) => items.findIndex((item) => keyOf(item) === key)
  const reachable =
    [current.value, chosen].map(placeOf).find((place) => place >= 0) ?? Math.min(lastPlace.current, items.length - 1)
  lastPlace.current = Math.max(0, reachable)
  const places = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
  if (items.length > 0 && !places.includes(reachable)) places.push(reachable)
  useEffect(() => onView(places))
  useEffect(() => {
    if (to > items.length) onReach()
  }, [to, items.length])
  useEffect(() => {
    const place = wanted.current
    if (place === undefined || (place >= items.length && items.length < size)) return
    go(place)
  }, [items.length, size])

  const go = (place: number) => {
    wanted.current = undefined
    if (!box.current) return
    const at = Math.max(0, Math.min(size - 1, place))
    const item = items[at]
    if (item === undefined) wanted.current = at
    else {
      current.value = keyOf(item)
      wantsFocus.current = true
    }
    const { scrollTop, clientHeight } = box.current
    if (at * rowPx < scrollTop) box.current.scrollTop = at * rowPx
    else if ((at + 1) * rowPx > scrollTop + clientHeight) box.current.scrollTop = (at + 1) * rowPx - clientHeight
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / rowPx) - 1)
    const steps: Record<string, number> = {
      ArrowDown: reachable + 1,
      ArrowUp: reachable - 1,
      PageDown: reachable + page,
      PageUp: reachable - page,
      Home: 0,
      End: (isCounted ? size : items.length) - 1,
    }
    const place = steps[event.key]
    if (place === undefined) return
    event.preventDefault()
    const [before, next] = [items[reachable], items[place]]
    if (event.shiftKey && before && next) onExtend?.(keyOf(before), keyOf(next))
    go(place)
  }

  return (
    <div class="window" ref={box} onKeyDown={onKeyDown}>
      <ul aria-label={label} style={{ height: `${size * rowPx}px` }}>
        {places.map((place) => {
          const item = items[place]
          const at = { height: `${rowPx}px`, transform: `translateY(${place * rowPx}px)` }
          if (item === undefined) return <li key={`place ${place}`} class="blank" aria-hidden="true" style={at} />
          const key = keyOf(item)
          return (
            <li key={key} aria-setsize={isCounted ? size : -1} aria-posinset={place + 1} style={at}>
              {leading?.(item)}
              <button
                type="button"
                class="row"
                tabIndex={place === reachable ? 0 : -1}
                aria-current={key === chosen}
                data-session-id={key}
                onFocus={() => (current.value = key)}
                onClick={() => onChoose(key)}
              >
                {children(item)}
              </button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
