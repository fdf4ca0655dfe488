import { lookup, Resolver, type LookupAddress } from 'node:dns'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Resolves a host name to its addresses. Rejects if it has none. */
export type ResolveName = (hostname: string) => Promise<LookupAddress[]>

export interface NameResolverOptions {
  /** Time limit of all attempts together. */
  timeoutMs: number
  /** Name servers, as of `Resolver.setServers`. Default: those of the machine. */
  servers?: string[]
}

/** A datagram may be lost. The resolver doubles the time limit for the second attempt. */
const ATTEMPTS = 2
const ATTEMPT_SHARE = 1 / 4
/**
 * How long to wait for the answer of one family once the other has addresses. RFC 8305 (3) waits for 50 ms; a busy machine is
 * slower than that.
 */
const SLOWER_ANSWER_MS = 200

interface Answer {
  addresses: LookupAddress[]
  /** Why there are no addresses. */
  code: string | undefined
}

const lookUp = promisify(lookup)

/**
 * Asks the name servers directly, for IPv4 and IPv6 at the same time. Some servers do not answer questions about IPv6; they
 * are not waited for if there is an IPv4 address.
 *
 * `dns.lookup` occupies one of the process's four worker threads until it has an answer, so a few names with silent servers
 * would delay file access and every other lookup. It is used only for names that the name servers do not know, which they
 * answer at once: those in `/etc/hosts` and in search domains.
 */
export function createNameResolver({ timeoutMs, servers }: NameResolverOptions): ResolveName {
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs * ATTEMPT_SHARE), tries: ATTEMPTS })
  if (servers !== undefined) resolver.setServers(servers)
  const ask = async (family: 4 | 6, hostname: string): Promise<Answer> => {
    const resolve = promisify(family === 4 ? resolver.resolve4 : resolver.resolve6).bind(resolver)
    try {
      const found = await resolve(hostname)
      return { addresses: found.map((address) => ({ address, family })), code: undefined }
    } catch (error) {
      return { addresses: [], code: (error as NodeJS.ErrnoException).code }
    }
  }

  return async (hostname) => {
    const answers: Answer[] = []
    const asked = ([4, 6] as const).map((family) => ask(family, hostname).then((answer) => answers.push(answer)))
    await Promise.race(asked)
    const isTelling = answers.some(({ addresses, code }) => addresses.length > 0 || code === 'ENOTFOUND')
    const both = Promise.all(asked)
    await (isTelling ? Promise.race([both, delay(SLOWER_ANSWER_MS, undefined, { ref: false })]) : both)
    const addresses = answers.flatMap((answer) => answer.addresses)
    if (addresses.length > 0) return addresses
    if (!isTelling && answers.some(({ code }) => code === 'ETIMEOUT')) {
      throw Object.assign(new Error(`The name servers do not answer for ${hostname}`), { code: 'ETIMEOUT' })
    }
    return lookUp(hostname, { all: true })
  }
}
