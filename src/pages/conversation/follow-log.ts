/** A log that is scrolled this near to an edge counts as being there. */
const NEAR_PX = 80

/**
 * Keeps the scroll position of a log stable for its reader. At the end it follows new messages. Elsewhere the same message
 * stays in view when older ones are inserted or a picture above it grows. The browsers' own scroll anchoring covers only a
 * part of this, and does nothing at the very top.
 */
export function followLog(log: HTMLElement, listener: { nearTop(): void; behind(isBehind: boolean): void }) {
  let isAtEnd = true
  let heightBefore = 0
  let firstBefore: string | undefined
  /** The first message whose top edge is visible, its position, and where the log was scrolled to. */
  let anchor: { element: HTMLElement; top: number; scrolledTo: number } | undefined

  const topOf = (element: HTMLElement) => element.getBoundingClientRect().top

  function dropAnchor(): void {
    const entries = log.querySelectorAll<HTMLElement>('[data-message-id]')
    const edge = topOf(log)
    // A binary search, because measuring an element is slow.
    let [low, high] = [0, entries.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const entry = entries[middle]
      if (entry !== undefined && topOf(entry) < edge) low = middle + 1
      else high = middle
    }
    const element = entries[low]
    anchor = element && { element, top: topOf(element), scrolledTo: log.scrollTop }
  }

  /** Makes up for what has grown above the anchor, and leaves what the reader has scrolled meanwhile. */
  function stayAtAnchor(): void {
    if (anchor?.element.isConnected !== true) return
    const grownBy = topOf(anchor.element) - anchor.top + (log.scrollTop - anchor.scrolledTo)
    if (grownBy === 0) return
    log.scrollTop += grownBy
    anchor.top = topOf(anchor.element)
    anchor.scrolledTo = log.scrollTop
  }

  const handleScroll = () => {
    // A picture may have come since the last frame: the observer has not run yet, and would find a new anchor.
    if (!isAtEnd && log.scrollHeight !== heightBefore) {
      stayAtAnchor()
      heightBefore = log.scrollHeight
    }
    // At the end, what has just grown does not count: the observer scrolls to the new end.
    const height = isAtEnd ? Math.min(heightBefore, log.scrollHeight) : log.scrollHeight
    isAtEnd = height - log.scrollTop - log.clientHeight < NEAR_PX
    if (isAtEnd) listener.behind(false)
    dropAnchor()
    if (log.scrollTop < NEAR_PX && log.scrollHeight > log.clientHeight) listener.nearTop()
  }
  const toEnd = () => {
    log.scrollTop = log.scrollHeight
    isAtEnd = true
    listener.behind(false)
  }
  // On-screen keyboards, fonts and pictures resize the log. The observer runs before the next paint.
  const resized = new ResizeObserver(() => {
    if (isAtEnd) toEnd()
    else stayAtAnchor()
    heightBefore = log.scrollHeight
  })
  resized.observe(log)
  const content = log.querySelector('.messages')
  if (content !== null) resized.observe(content)
  log.addEventListener('scroll', handleScroll, { passive: true })

  return {
    toEnd,
    /** Scrolls an entry to the middle and focuses it. */
    show(entry: HTMLElement): void {
      isAtEnd = false
      entry.scrollIntoView({ block: 'center' })
      entry.focus({ preventScroll: true })
      heightBefore = log.scrollHeight
      dropAnchor()
    },
    /**
     * Adjusts the position after a change of the log. `isWritten`: the reader has just written a message. `isHistory`: the
     * log shows an older part of the conversation, so it does not follow new messages. `isNewer`: the log ends with
     * another entry than before.
     */
    settle({ isWritten, isHistory, isNewer }: Record<'isWritten' | 'isHistory' | 'isNewer', boolean>): void {
      const first = log.querySelector<HTMLElement>('[data-message-id]')?.dataset['messageId']
      const grownBy = log.scrollHeight - heightBefore
      if (isWritten) toEnd()
      else if (firstBefore !== undefined && first !== firstBefore && !isAtEnd) log.scrollTop += grownBy
      else if (isHistory) isAtEnd = false
      else if (isAtEnd) toEnd()
      else {
        stayAtAnchor()
        if (isNewer && grownBy > 0) listener.behind(true)
      }
      heightBefore = log.scrollHeight
      firstBefore = first
      dropAnchor()
    },
    stop(): void {
      resized.disconnect()
      log.removeEventListener('scroll', handleScroll)
    },
  }
}
