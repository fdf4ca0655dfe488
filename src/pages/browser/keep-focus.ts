import { useLayoutEffect } from 'preact/hooks'

interface Place {
  /** The elements that may be removed while they contain the focus, such as the entries of a list. */
  items: string
  /** What gets the focus in the item that takes the place of the removed one, or in the last item. */
  control: string
  /** Focused if no item is left. */
  otherwise?: () => void
}

/**
 * Moves the focus when a render removes the item that contains it: browsers would move it to the body, and the next Tab would
 * start at the top of the page.
 */
export function useKeptFocus(box: { current: HTMLElement | null }, { items, control, otherwise }: Place): void {
  const find = () => [...(box.current?.querySelectorAll<HTMLElement>(items) ?? [])]
  // Read during the render, while the document still has the removed item.
  const place = find().findIndex((item) => item.contains(document.activeElement))
  useLayoutEffect(() => {
    if (place < 0 || document.activeElement !== document.body) return
    const next = find()
      .slice(0, place + 1)
      .at(-1)
      ?.querySelector<HTMLElement>(control)
    if (next) next.focus()
    else otherwise?.()
  })
}
