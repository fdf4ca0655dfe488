import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { History, Message } from '../../client/index.js'

/**
 * The part of a conversation that is shown: up to its end, or, when a message in its midst is looked at, up to a gap before
 * the messages that were not read. What comes live waits behind the gap.
 */
export interface MessageWindow {
  shown: ReadonlySignal<readonly Message[]>
  /** The last message before the gap. */
  gapAfter: ReadonlySignal<number | undefined>
  /** A message that was looked for. */
  marked: ReadonlySignal<{ id: number } | undefined>
  /** Shows a message in the midst of its session: those around it are read, unless it is known. */
  showAround(id: number, ask: () => Promise<[before: History, after: History]>): Promise<void>
  /** Reads the page after the gap. */
  loadNewer(ask: (after: number) => Promise<History>): Promise<void>
  /** Goes back to the newest messages; those before the gap are read again on the way up. */
  leaveGap(): void
  /** What was known is of no use any more. */
  forget(): void
}

interface Parts {
  /** All that are known, by id. */
  messages: Signal<readonly Message[]>
  /** Whether the oldest session that is shown is shown from its beginning. */
  isWhole: Signal<boolean>
  isLoading: Signal<boolean>
  read<T>(ask: () => Promise<T>, messagesOf: (answer: T) => readonly Message[]): Promise<T | undefined>
}

export function createMessageWindow({ messages, isWhole, isLoading, read }: Parts): MessageWindow {
  const gapAfter = signal<number>()
  const marked = signal<{ id: number }>()
  const shown = computed(() => {
    const last = gapAfter.value
    return last === undefined ? messages.value : messages.value.filter(({ id }) => id <= last)
  })
  const firstAfter = (id: number) => messages.value.find((message) => message.id > id)?.id
  /** Whether a page reaches what is known behind the gap, or the end. */
  const joins = ({ data, has_more }: History, next: number | undefined) =>
    !has_more || (next !== undefined && (data.at(-1)?.id ?? 0) >= next)

  function leaveGap(): void {
    const gap = gapAfter.value
    if (gap === undefined) return
    batch(() => {
      gapAfter.value = undefined
      marked.value = undefined
      isWhole.value = false
      messages.value = messages.value.filter(({ id }) => id > gap)
    })
  }

  return {
    shown,
    gapAfter,
    marked,
    async showAround(id, ask) {
      const isKnown = messages.value.some((message) => message.id === id)
      if (!isKnown || id > (gapAfter.value ?? id)) leaveGap()
      if (!isKnown) {
        const next = firstAfter(id)
        await read(ask, ([before, after]) => {
          const around = [...before.data, ...after.data]
          isWhole.value = !before.has_more
          gapAfter.value = joins(after, next) ? undefined : around.at(-1)?.id
          return around
        })
      }
      // Again is seen again.
      marked.value = { id }
    },
    async loadNewer(ask) {
      const gap = gapAfter.value
      if (gap === undefined || isLoading.value) return
      isLoading.value = true
      const next = firstAfter(gap)
      try {
        await read(
          () => ask(gap),
          (page) => {
            gapAfter.value = joins(page, next) ? undefined : (page.data.at(-1)?.id ?? gap)
            return page.data
          },
        )
      } catch {
        // The next click tries again.
      } finally {
        isLoading.value = false
      }
    },
    leaveGap,
    forget: () => void (gapAfter.value = undefined),
  }
}
