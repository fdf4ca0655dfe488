import t from 'tap'
import { readAddressBlock } from '../../src/limits/address-block.js'

t.test('an IPv4 address is itself, however it is written; an IPv6 address counts by its first 64 bits', async (t) => {
  const blocks: Record<string, string> = {
    '192.0.2.7': '192.0.2.7',
    '::ffff:192.0.2.7': '192.0.2.7',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:db8:1:2::1': '2001:db8:1:2::/64',
    '2001:0DB8:0001:0002::': '2001:db8:1:2::/64',
    '2001:db8::1': '2001:db8:0:0::/64',
    '::1': '0:0:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    'not an address': 'not an address',
  }
  for (const [address, block] of Object.entries(blocks)) t.equal(readAddressBlock(address), block, address)
})
