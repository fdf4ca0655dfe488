import { lookup, Resolver, type LookupAddress } from 'node:dns'
import { promisify } from 'node:util'

/** Resolves a host name to its addresses; rejects when there is none. */
export type ResolveName = (hostname: string) => Promise<LookupAddress[]>

const lookUp = promisify(lookup)

/**
 * Asks the name servers directly. `dns.lookup` occupies one of the process's four worker threads until it has an answer,
 * so that a few names whose servers are silent would hold up file access and every other lookup. It is asked only for what
 * the name servers do not know, which they say at once: names of `/etc/hosts` and of search domains.
 */
export function createNameResolver(timeoutMs: number): ResolveName {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 })
  const ask4 = promisify(resolver.resolve4.bind(resolver)) as (hostname: string) => Promise<string[]>
  const ask6 = promisify(resolver.resolve6.bind(resolver)) as (hostname: string) => Promise<string[]>

  return async (hostname) => {
    const [ipv4, ipv6] = await Promise.allSettled([ask4(hostname), ask6(hostname)])
    const addresses = [
      ...(ipv4.status === 'fulfilled' ? ipv4.value.map((address) => ({ address, family: 4 })) : []),
      ...(ipv6.status === 'fulfilled' ? ipv6.value.map((address) => ({ address, family: 6 })) : []),
    ]
    if (addresses.length > 0) return addresses
    for (const { reason } of [ipv4, ipv6].filter((answer) => answer.status === 'rejected')) {
      if ((reason as NodeJS.ErrnoException).code === 'ETIMEOUT') throw reason
    }
    return lookUp(hostname, { all: true })
  }
}
