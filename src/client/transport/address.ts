import type { Side } from '../../protocol/wire.js'

/*
 * Addresses are put together as text: in React Native the setters of `URL` and `searchParams.set` throw.
 */

/** The parameters of a request. Those that are undefined are left out. */
export type Fields = Record<string, string | number | undefined>

/** Scheme, host and path. A query and a fragment do not belong to the address of a service. */
const HTTP_ADDRESS = /^https?:\/\/[^/?#\s]+[^?#\s]*/i

/**
 * The address that every path is appended to. It keeps the path of a service that is not at the root of its host.
 * @throws TypeError when it is not an http or https address
 */
export function readBaseUrl(origin: string): string {
  const [address] = HTTP_ADDRESS.exec(origin.trim()) ?? []
  if (address === undefined) throw new TypeError('`origin` must be an http or https address')
  let end = address.length
  while (address[end - 1] === '/') end--
  return address.slice(0, end)
}

/** The address of a route below `/v1/chat/`. */
export function toHttpUrl(baseUrl: string, path: string, query: Fields): string {
  const parameters = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
  return `${baseUrl}/v1/chat/${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`
}

/** The address of a socket. The token is in its query, because browsers can set no header on a socket. */
export const toSocketUrl = (baseUrl: string, side: Side, token: string): string =>
  `${baseUrl.replace(/^http/i, 'ws')}/v1/chat/ws/${side}/?token=${encodeURIComponent(token)}`
