import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { History, Message } from '../../client/index.js'

/**
 * The shown part of a conversation. It ends with the newest message, unless an old message was opened, such as a search
 * result: then it ends at a gap before the messages that are not loaded. Live messages are collected behind the gap.
 */
export interface MessageWindow {
  shown: ReadonlySignal<readonly Message[]>
  /** The id of the last message before the gap; undefined without a gap. */
  gapAfter: ReadonlySignal<number | undefined>
  /** The message to highlight, such as a search result. */
  marked: ReadonlySignal<{ id: number } | undefined>
  /** Shows and marks a message. If it is not loaded, `ask` reads the messages around it. */
  showAround(id: number, ask: () => Promise<[before: History, after: History]>): Promise<void>
  /** Reads the page after the gap. Calls during a read do nothing. */
  loadNewer(ask: (after: number) => Promise<History>): Promise<void>
  /** Returns to the newest messages, and drops those before the gap: scrolling up loads them again. */
  leaveGap(): void
  /** Removes the gap after a reset, without dropping messages. */
  forget(): void
}

interface Parts {
  /** All known messages, ordered by id. */
  messages: Signal<readonly Message[]>
  /** Whether the first message of the oldest shown session is loaded. */
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
  /** Whether a page closes the gap: it reaches the messages behind the gap, or the end of the session. */
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
      // A new object each time, so that opening the same message again scrolls to it again.
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
