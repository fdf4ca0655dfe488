import { signal, type ReadonlySignal } from '@preact/signals'
import { translate } from '../languages/translate.js'
import { announce } from '../shared/announcer.js'
import { readPreview, type Preview } from './pictures/preview.js'

/** A local file that the user has chosen to send. */
export interface ChosenFile {
  file: File
  /** Set once the picture is decoded; stays undefined for other files. */
  preview: ReadonlySignal<Preview | undefined>
}

/** The files to send with the next message. They are lost when the page is left. */
export interface ChosenFiles {
  chosen: ReadonlySignal<readonly ChosenFile[]>
  /** Appends files in this order. Their previews follow. */
  add(files: readonly File[]): void
  remove(chosen: ChosenFile): void
  /** Returns all chosen files and clears the list. */
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
