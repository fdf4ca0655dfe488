import { useSignal, type ReadonlySignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/**
 * Hands over the files that are dropped anywhere on the page, or pasted where nothing else takes them. Text that is pasted
 * together with a picture of itself, as spreadsheets do it, stays text. Returns whether files are over the page just now.
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
    // From one element to the next there is one to go to.
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
