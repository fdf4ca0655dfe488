import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'

/**
 * Hands over the files that are dropped anywhere on the page, or pasted into a field. Text that is pasted together with a
 * picture of itself, as spreadsheets do it, stays text.
 */
export function useIncomingFiles(
  field: RefObject<HTMLElement | null>,
  onFiles: (files: readonly File[]) => void,
): void {
  useEffect(() => {
    const over = new AbortController()
    const take = (event: Event, { files }: DataTransfer) => {
      event.preventDefault()
      onFiles([...files])
    }
    window.addEventListener('drop', (event) => holdsFiles(event.dataTransfer) && take(event, event.dataTransfer), over)
    field.current?.addEventListener(
      'paste',
      (event) => {
        const data = event.clipboardData
        if (holdsFiles(data) && !data.types.includes('text/plain')) take(event, data)
      },
      over,
    )
    return () => over.abort()
  }, [])
}

export const holdsFiles = (data: DataTransfer | null): data is DataTransfer => data?.types.includes('Files') === true
