import { ChatError } from '../../client/index.js'
import { fetchWithClock } from '../text/clock.js'
import { serviceUrl } from './service.js'

interface DownloadOptions {
  token: string
  /** Below `/v1/chat/`. */
  path: string
  query: Readonly<Record<string, string | number | undefined>>
  /** The file name, unless the service sends one. */
  name: string
}

/**
 * Downloads the response of a route as a file. A plain link would have to carry the token in its URL.
 * @throws ChatError
 */
export async function download({ token, path, query, name }: DownloadOptions): Promise<void> {
  const url = new URL(`v1/chat/${path}`, serviceUrl)
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value))
  const response = await fetchWithClock(url, { headers: { authorization: `Token ${token}` } }).catch(() => {
    throw new ChatError(0, 'The service cannot be reached')
  })
  if (!response.ok) {
    const { message } = (await response.json().catch(() => ({}))) as { message?: string }
    throw new ChatError(response.status, message ?? `The service answered with ${response.status}`)
  }
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = /filename="?([^";]+)/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? name
  link.click()
  // The browser reads the URL after the click, at an unknown time. A minute is enough.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone
