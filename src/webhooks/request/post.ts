import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { createCache } from '../../memory/create-cache.js'
import type { AddressPolicy } from './address-policy.js'
import { exchange, StaleConnection, type Answer } from './exchange.js'
import type { ResolveName } from './resolve-name.js'

/** Posts JSON to addresses that the platform has chosen. */
export interface Poster {
  /**
   * Resolves with the first answer, whatever its status; redirects are not followed. The address is checked for each
   * connection, after its name was resolved for it, so a name that later leads elsewhere does not get around the check.
   * @throws Error that says why there is no answer: the address is refused or cannot be reached, or the receiver is silent
   */
  post(url: string, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Answer>
  /** Closes all connections. */
  close(): void
}

export interface PosterOptions {
  isAllowed: AddressPolicy
  resolveName: ResolveName
  /** From the beginning to the end of the answer. */
  timeoutMs: number
}

/** Connections that idle this long are closed; receivers close theirs after five seconds at the earliest. */
const IDLE_TIMEOUT_MS = 4000
/** More than there are webhooks. */
const MAX_TARGETS = 100

/** Per host, which may have several webhooks. With a lower limit, connections would be closed and reopened all the time. */
const MAX_IDLE_CONNECTIONS = 64

/** A URL as a request needs it. */
interface Target {
  open: (options: RequestOptions) => ClientRequest
  /** The URL names an address, to which Node connects without a lookup. */
  isRefused: boolean
}

/**
 * Requests go through `node:http`. undici takes less CPU time for them, but it closes the connection of a receiver that
 * answers 100 before its answer, and does not tell whether a connection that ended was new.
 */
export function createPoster({ isAllowed, resolveName, timeoutMs }: PosterOptions): Poster {
  const pooling = { keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_TIMEOUT_MS }
  const httpAgent = new HttpAgent(pooling)
  const httpsAgent = new HttpsAgent(pooling)
  const targets = createCache<string, Target>(MAX_TARGETS)

  function readTarget(url: string): Target {
    const { protocol, hostname, port, pathname, search } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    const [send, agent] =
      protocol === 'https:' ? ([requestHttps, httpsAgent] as const) : ([requestHttp, httpAgent] as const)
    const place = { host, port, path: pathname + search, method: 'POST', lookup, agent }
    const target = {
      open: (options: RequestOptions) => send({ ...place, ...options }),
      isRefused: isIP(host) !== 0 && !isAllowed(host),
    }
    targets.set(url, target)
    return target
  }

  const lookup: LookupFunction = (hostname, { all }, callback) => {
    resolveName(hostname).then(
      (addresses) => {
        const allowed = addresses.filter(({ address }) => isAllowed(address))
        const [first] = allowed
        if (first === undefined) callback(refusedAddress(), '', 0)
        else if (all === true) callback(null, allowed)
        else callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
    )
  }

  return {
    async post(url, headers, body, signal) {
      const { open, isRefused } = targets.get(url) ?? readTarget(url)
      if (isRefused) throw refusedAddress()
      const startedAt = performance.now()
      // One deadline for both tries: the lease of the session is no longer.
      const send = (options: RequestOptions) => {
        const leftMs = Math.max(timeoutMs - (performance.now() - startedAt), 1)
        return exchange(open(options), body, leftMs, signal)
      }
      return send({ headers }).catch((error: unknown) => {
        if (!(error instanceof StaleConnection)) throw error
        if (signal.aborted) throw error.cause
        return send({ headers, agent: false })
      })
    },
    close() {
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

const refusedAddress = () => new Error('The address is not public')
