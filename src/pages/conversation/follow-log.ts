/** So near to an edge counts as there. */
const NEAR_PX = 80

/**
 * Keeps a scrolled log where its reader is: at the end while at the end, and on the same message while older ones come in
 * above, or a picture above turns out to be larger than its room. Browsers do that by themselves only in part, and not at the
 * very top.
 */
export function followLog(log: HTMLElement, tell: { nearTop(): void; behind(isBehind: boolean): void }) {
  let isAtEnd = true
  let heightBefore = 0
  let firstBefore: string | undefined
  /** The first message that begins in sight, and where. */
  let anchor: { element: HTMLElement; top: number } | undefined

  const topOf = (element: HTMLElement) => element.getBoundingClientRect().top

  function dropAnchor(): void {
    const entries = log.querySelectorAll<HTMLElement>('[data-message-id]')
    const edge = topOf(log)
    // They are in order, and asking where one is takes long.
    let [low, high] = [0, entries.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const entry = entries[middle]
      if (entry !== undefined && topOf(entry) < edge) low = middle + 1
      else high = middle
    }
    const element = entries[low]
    anchor = element && { element, top: topOf(element) }
  }

  function stayAtAnchor(): void {
    if (anchor?.element.isConnected !== true) return
    const movedBy = topOf(anchor.element) - anchor.top
    if (movedBy !== 0) log.scrollTop += movedBy
  }

  const look = () => {
    isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX
    if (isAtEnd) tell.behind(false)
    dropAnchor()
    if (log.scrollTop < NEAR_PX && log.scrollHeight > log.clientHeight) tell.nearTop()
  }
  const toEnd = () => {
    log.scrollTop = log.scrollHeight
    isAtEnd = true
    tell.behind(false)
  }
  // A keyboard that opens on a phone, fonts and pictures that come late. This runs before anything is painted.
  const resized = new ResizeObserver(() => {
    if (isAtEnd) toEnd()
    else stayAtAnchor()
    heightBefore = log.scrollHeight
  })
  resized.observe(log)
  const content = log.querySelector('.messages')
  if (content !== null) resized.observe(content)
  log.addEventListener('scroll', look, { passive: true })

  return {
    toEnd,
    /** Brings one entry to the middle, and the focus to it. */
    show(entry: HTMLElement): void {
      isAtEnd = false
      entry.scrollIntoView({ block: 'center' })
      entry.focus({ preventScroll: true })
      heightBefore = log.scrollHeight
    },
    /** After the messages have changed. `isOwn`: the newest is the reader's own; `isHistory`: an older part is looked at. */
    settle({ isOwn, isHistory }: { isOwn: boolean; isHistory: boolean }): void {
      const first = log.querySelector<HTMLElement>('[data-message-id]')?.dataset['messageId']
      const grownBy = log.scrollHeight - heightBefore
      if (firstBefore !== undefined && first !== firstBefore && !isAtEnd) log.scrollTop += grownBy
      else if (isHistory) isAtEnd = false
      else if (isAtEnd || isOwn) toEnd()
      else if (grownBy > 0) tell.behind(true)
      heightBefore = log.scrollHeight
      firstBefore = first
      dropAnchor()
    },
    stop(): void {
      resized.disconnect()
      log.removeEventListener('scroll', look)
    },
  }
}
