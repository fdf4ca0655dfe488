import { BlockList, isIP } from 'node:net'

/** Whether requests may go to an IP address. */
export type AddressPolicy = (address: string) => boolean

/** IANA's IPv4 special-purpose registry, multicast, reserved ranges, and addresses that only exist within a cloud. */
const specialIpv4 = createList([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  // Azure's platform services.
  '168.63.129.16/32',
])
/** All public IPv6 addresses. IPv4-mapped addresses, NAT64, ULA and multicast lie outside. */
const globalIpv6 = createList(['2000::/3'])
/** Not public: protocol assignments with Teredo, documentation, and 6to4, which leads to any IPv4 address. */
const specialIpv6 = createList(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])

/**
 * Creates a policy that allows public addresses and those in the given CIDR ranges. It refuses text that is no IP address.
 * @throws Error for an invalid range
 */
export function createAddressPolicy(allowedCidrs: readonly string[]): AddressPolicy {
  const allowed = createList(allowedCidrs)
  return (given) => {
    // A link-local address may have a zone behind it.
    const address = given.replace(/%.*$/, '')
    const version = isIP(address)
    if (version === 0) return false
    const family = version === 4 ? 'ipv4' : 'ipv6'
    if (allowed.check(address, family)) return true
    if (family === 'ipv4') return !specialIpv4.check(address, family)
    return globalIpv6.check(address, family) && !specialIpv6.check(address, family)
  }
}

function createList(cidrs: readonly string[]): BlockList {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', length] = cidr.split('/')
    const isIpv6 = isIP(address) === 6
    list.addSubnet(address, length === undefined ? (isIpv6 ? 128 : 32) : Number(length), isIpv6 ? 'ipv6' : 'ipv4')
  }
  return list
}
