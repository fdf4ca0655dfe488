import { useSignal, type ReadonlySignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/**
 * Passes on files that are dropped anywhere on the page, or pasted outside of other fields and dialogs. A paste that also
 * holds text stays text: spreadsheets add a picture of the copied cells. Returns whether files are being dragged over the
 * page.
 */
export function useIncomingFiles(onFiles: (files: readonly File[]) => void): ReadonlySignal<boolean> {
  const areOver = useSignal(false)
  useEffect(() => {
    const over = new AbortController()
    const listen = <Name extends keyof WindowEventMap>(name: Name, act: (event: WindowEventMap[Name]) => void) =>
      window.addEventListener(name, act, over)
    const take = (event: Event, { files }: DataTransfer) => {
      event.preventDefault()
      onFiles([...files])
    }
    listen('dragover', ({ dataTransfer }) => (areOver.value = holdsFiles(dataTransfer)))
    // Between two elements of the page `relatedTarget` is set; it is null when the pointer leaves the page.
    listen('dragleave', ({ relatedTarget }) => (areOver.value &&= relatedTarget !== null))
    listen('drop', (event) => {
      areOver.value = false
      if (holdsFiles(event.dataTransfer)) take(event, event.dataTransfer)
    })
    listen('paste', (event) => {
      const data = event.clipboardData
      if (holdsFiles(data) && !data.types.includes('text/plain') && !isForAnotherField(event.target)) take(event, data)
    })
    return () => over.abort()
  }, [onFiles])
  return areOver
}

const holdsFiles = (data: DataTransfer | null): data is DataTransfer => data?.types.includes('Files') === true

const isForAnotherField = (target: EventTarget | null) =>
  target instanceof Element && target.closest('input, textarea:not([data-composer]), dialog') !== null
