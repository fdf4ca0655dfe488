import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

interface WindowListProps<Item> {
  items: readonly Item[]
  keyOf: (item: Item) => number
  /** Every row is so high. */
  rowPx: number
  label: string
  /** Which row belongs to what is shown beside the list. */
  chosen: number | undefined
  onChoose: (key: number) => void
  children: (item: Item) => ComponentChildren
}

const SPARE_ROWS = 6

/**
 * A list of any length of which only what can be seen is in the document, and the row with the focus. One row takes part
 * in the order of Tab; the arrow keys, Home, End and the page keys go from row to row.
 */
export function WindowList<Item>({ items, keyOf, rowPx, label, chosen, onChoose, children }: WindowListProps<Item>) {
  const box = useRef<HTMLDivElement>(null)
  const view = useSignal({ top: 0, height: 800 })
  const current = useSignal<number>()
  const wantsFocus = useRef(false)
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
    // The row with the focus may have left the list.
    const isLost = hadFocus && document.activeElement === document.body
    if (!wantsFocus.current && !isLost) return
    wantsFocus.current = false
    box.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true })
  })

  const { top, height } = view.value
  const from = Math.max(0, Math.floor(top / rowPx) - SPARE_ROWS)
  const to = Math.min(items.length, Math.ceil((top + height) / rowPx) + SPARE_ROWS)
  const placeOf = (key: number | undefined) => items.findIndex((item) => keyOf(item) === key)
  const reachable =
    [current.value, chosen].map(placeOf).find((place) => place >= 0) ?? Math.min(lastPlace.current, items.length - 1)
  lastPlace.current = Math.max(0, reachable)
  const places = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
  if (items.length > 0 && !places.includes(reachable)) places.push(reachable)

  const go = (place: number) => {
    const item = items[Math.max(0, Math.min(items.length - 1, place))]
    if (item === undefined || !box.current) return
    current.value = keyOf(item)
    wantsFocus.current = true
    const rowTop = placeOf(current.value) * rowPx
    const { scrollTop, clientHeight } = box.current
    if (rowTop < scrollTop) box.current.scrollTop = rowTop
    else if (rowTop + rowPx > scrollTop + clientHeight) box.current.scrollTop = rowTop + rowPx - clientHeight
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / rowPx) - 1)
    const steps: Record<string, number> = {
      ArrowDown: reachable + 1,
      ArrowUp: reachable - 1,
      PageDown: reachable + page,
      PageUp: reachable - page,
      Home: 0,
      End: items.length - 1,
    }
    const place = steps[event.key]
    if (place === undefined) return
    event.preventDefault()
    go(place)
  }

  return (
    <div class="window" ref={box} onKeyDown={onKeyDown}>
      <ul aria-label={label} style={{ height: `${items.length * rowPx}px` }}>
        {places.map((place) => {
          const item = items[place]
          if (item === undefined) return null
          const key = keyOf(item)
          return (
            <li
              key={key}
              aria-setsize={items.length}
              aria-posinset={place + 1}
              style={{ height: `${rowPx}px`, transform: `translateY(${place * rowPx}px)` }}
            >
              <button
                type="button"
                class="row"
                tabIndex={place === reachable ? 0 : -1}
                aria-current={key === chosen}
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
