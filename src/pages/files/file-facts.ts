import { useSignal, type ReadonlySignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'
import { showable } from '../text/links.js'

/** The metadata of a file, from the service. */
export interface FileFacts {
  /** The original name; the URL holds a simplified one. */
  name?: string
  bytes?: number
  /** The file was deleted. */
  isGone?: true
}

const asked = new Map<string, Promise<FileFacts>>()

/** Requests the name and the size of a file when the element that shows it scrolls into view. */
export function useFileFacts(element: RefObject<HTMLElement | null>, href: string): ReadonlySignal<FileFacts> {
  const facts = useSignal<FileFacts>({})
  useEffect(() => {
    if (element.current === null) return undefined
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting !== true) return
      observer.disconnect()
      void askOnce(href).then((found) => (facts.value = found))
    })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [href])
  return facts
}

/** Caches the answer. A failed request is not cached, so the next call tries again. */
function askOnce(href: string): Promise<FileFacts> {
  const asking = asked.get(href) ?? ask(href)
  asked.set(href, asking)
  asking.catch(() => asked.delete(href))
  return asking.catch(() => ({}))
}

async function ask(href: string): Promise<FileFacts> {
  const { ok, status, headers } = await fetch(href, { method: 'HEAD' })
  if (status === 404) return { isGone: true }
  if (!ok) throw new Error(`The service answered with ${status}`)
  const name = readName(headers.get('content-disposition') ?? '')
  return { bytes: Number(headers.get('content-length')), ...(name !== '' && { name }) }
}

/** Reads the name from the extended `filename*` parameter (RFC 8187), which the service sends for every name. */
function readName(disposition: string): string {
  const [, name = ''] = /filename\*=UTF-8''([^;]+)/.exec(disposition) ?? []
  return showable(decodeURIComponent(name))
}
