import { signal, type ReadonlySignal } from '@preact/signals'
import { translate } from '../languages/translate.js'
import { announce } from '../shared/announcer.js'
import { readPreview, type Preview } from './pictures/preview.js'

/** A file of this device that is to be sent. */
export interface ChosenFile {
  file: File
  /** Comes a little later, where there is one. */
  preview: ReadonlySignal<Preview | undefined>
}

/** What is chosen to be sent with the next message. It does not survive the page. */
export interface ChosenFiles {
  chosen: ReadonlySignal<readonly ChosenFile[]>
  /** Adds them, in this order. The preview of each follows. */
  add(files: readonly File[]): void
  remove(chosen: ChosenFile): void
  /** Returns them all, and begins anew. */
  take(): readonly ChosenFile[]
}

export function createChosenFiles(): ChosenFiles {
  const chosen = signal<readonly ChosenFile[]>([])

  function choose(file: File): ChosenFile {
    const preview = signal<Preview>()
    void readPreview(file).then((read) => (preview.value = read))
    return { file, preview }
  }

  return {
    chosen,
    add(more) {
      if (more.length === 0) return
      chosen.value = [...chosen.value, ...more.map(choose)]
      announce(translate('files.added', { names: more.map(({ name }) => name).join(', ') }))
    },
    remove(unwanted) {
      chosen.value = chosen.value.filter((other) => other !== unwanted)
    },
    take() {
      const taken = chosen.value
      chosen.value = []
      return taken
    },
  }
}
