import t from 'tap'
import { createAddressPolicy } from '../../../src/webhooks/request/address-policy.js'

const isPublic = createAddressPolicy([])

t.test('public addresses are allowed', async (t) => {
  for (const address of ['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.0', '100.63.0.1', '223.255.255.255']) {
    t.ok(isPublic(address), address)
  }
  for (const address of ['2606:4700::1111', '2001:4860:4860::8888', '2a00:1450:4001:800::200e']) {
    t.ok(isPublic(address), address)
  }
})

t.test('private, local, special and metadata addresses are refused, in each form', async (t) => {
  const refused = [
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.255'],
    ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.1.1'],
    ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
    '168.63.129.16',
    ...['::', '::1', 'fe80::1', 'fe80::1%lo', 'fc00::1', 'fd00:ec2::254', 'fec0::1', 'ff02::1'],
    // IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1'],
    ...['2002:7f00:1::', '2001:0:7f00:1::', '::ffff:8.8.8.8'],
    ...['2001:db8::1', '3fff::1', '2001:2::1', '2001:10::1', '100::1', '4000::1', '5f00::1'],
    ...['', 'localhost', '127.1', '0x7f000001', '2130706433', '127.0.0.1 ', '[::1]'],
  ]
  for (const address of refused) t.notOk(isPublic(address), address)
})

t.test('ranges may be allowed, and nothing beyond them', async (t) => {
  const isAllowed = createAddressPolicy(['10.1.0.0/16', '192.168.0.7', 'fd12::/16', '::1'])
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.168.0.7', 'fd12::5', '::1', '8.8.8.8']) {
    t.ok(isAllowed(address), address)
  }
  for (const address of ['10.2.0.1', '192.168.0.8', 'fd13::5', '127.0.0.1']) t.notOk(isAllowed(address), address)
})
