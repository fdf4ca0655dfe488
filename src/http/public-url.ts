import type { FastifyRequest } from 'fastify'
import { RequestError } from '../errors/request-error.js'

/**
 * What clients reach this service by, without a slash at its end: as configured, or as this request has reached it.
 * @throws RequestError 400 when neither tells it
 */
export function readPublicUrl(
  { publicUrl }: { publicUrl: string | undefined },
  { protocol, host }: Pick<FastifyRequest, 'protocol' | 'host'>,
): string {
  const url = publicUrl ?? `${protocol}://${host}`
  if (publicUrl !== undefined || (ORIGIN.test(url) && URL.canParse(url))) return url
  throw new RequestError(400, 'The Host header is missing or not valid, so there is no address for the file')
}

const ORIGIN = /^https?:\/\/[\w.:[\]-]+$/

/** The path of the service's public address, like `/support`; empty at the root of its host. */
export const readBasePath = (publicUrl: string | undefined): string =>
  publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '')

/**
 * Fastify's `rewriteUrl` for a service under a base path: takes the path off, where a proxy has left it. Most proxies take
 * it off themselves, so a URL that has a route stays as it is: under `/chat`, `/chat/` is the page of `/chat/chat/`.
 */
export const createUrlRewriter = (basePath: string) =>
  function (this: { hasRouteFor(url: string): boolean }, { url = '' }: { url?: string | undefined }): string {
    const isBelow = url.startsWith(`${basePath}/`)
    return isBelow && !this.hasRouteFor(url) ? url.slice(basePath.length) : url
  }
