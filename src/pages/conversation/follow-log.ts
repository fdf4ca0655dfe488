/** So near to an edge counts as there. */
const NEAR_PX = 80

/**
 * Keeps a scrolled log where its reader is: at the end while at the end, and on the same message while older ones come in
 * above. Browsers do the latter by themselves only in part, and not at the very top.
 */
export function followLog(log: HTMLElement, tell: { nearTop(): void; behind(isBehind: boolean): void }) {
  let isAtEnd = true
  let heightBefore = 0
  let firstBefore: string | undefined

  const look = () => {
    isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX
    if (isAtEnd) tell.behind(false)
    if (log.scrollTop < NEAR_PX && log.scrollHeight > log.clientHeight) tell.nearTop()
  }
  const toEnd = () => {
    log.scrollTop = log.scrollHeight
    isAtEnd = true
    tell.behind(false)
  }
  // A keyboard that opens on a phone, and fonts that come late.
  const resized = new ResizeObserver(() => isAtEnd && toEnd())
  resized.observe(log)
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
    },
    stop(): void {
      resized.disconnect()
      log.removeEventListener('scroll', look)
    },
  }
}
