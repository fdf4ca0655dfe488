import { isIPv6 } from 'node:net'

/** Providers give each customer a block of IPv6 addresses with a common prefix of at most this many groups. */
const GROUPS_OF_A_BLOCK = 4
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Returns what identifies a customer of a provider: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function readAddressBlock(address: string): string {
  const mapped = MAPPED_IPV4.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::', 2)
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    while (groups.length + after.length < 8) groups.push('0')
    groups.push(...after)
  }
  const block = groups.slice(0, GROUPS_OF_A_BLOCK).map((group) => parseInt(group, 16).toString(16))
  return `${block.join(':')}::/64`
}
