import { isIP, type LookupFunction } from 'node:net'
import type { Agent } from 'undici'
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

/** A URL as a request needs it. */
interface Target {
  origin: string
  path: string
  /** The URL names an address, to which Node connects without a lookup. */
  isRefused: boolean
}

/**
 * Requests go through undici, which is loaded with the first one. They cost a quarter of the CPU time that `node:http` takes
 * for them: 31 instead of 123 µs with the signature (measured).
 */
export function createPoster({ isAllowed, resolveName, timeoutMs }: PosterOptions): Poster {
  let opened: Promise<Agent> | undefined
  const targets = createCache<string, Target>(MAX_TARGETS)

  function readTarget(url: string): Target {
    const { hostname, origin, pathname, search } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    const target = { origin, path: pathname + search, isRefused: isIP(host) !== 0 && !isAllowed(host) }
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
      const { origin, path, isRefused } = targets.get(url) ?? readTarget(url)
      if (isRefused) throw refusedAddress()
      opened ??= openAgent(lookup, timeoutMs).catch((error: unknown) => {
        opened = undefined
        throw error
      })
      const agent = await opened
      const startedAt = performance.now()
      const request = { origin, path, method: 'POST', headers, body } as const
      // One deadline for both tries: the lease of the session is no longer.
      const start = () => exchange(agent, request, Math.max(timeoutMs - (performance.now() - startedAt), 1), signal)
      return start().catch((error: unknown) => {
        if (!(error instanceof StaleConnection) || signal.aborted) throw error
        return start().catch((again: unknown) => {
          throw again instanceof StaleConnection ? again.cause : again
        })
      })
    },
    close() {
      opened?.then(
        (agent) => agent.destroy(),
        () => undefined,
      )
    },
  }
}

const refusedAddress = () => new Error('The address is not public')

async function openAgent(lookup: LookupFunction, timeoutMs: number): Promise<Agent> {
  const undici = await import('undici')
  return new undici.Agent({
    connect: { lookup, timeout: timeoutMs },
    ...{ keepAliveTimeout: IDLE_TIMEOUT_MS, keepAliveMaxTimeout: IDLE_TIMEOUT_MS },
    // Each request has a deadline of its own.
    ...{ headersTimeout: 0, bodyTimeout: 0 },
  })
}
