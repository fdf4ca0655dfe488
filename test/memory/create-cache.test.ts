import t from 'tap'
import { createCache } from '../../src/memory/create-cache.js'

t.test('a cache holds so many entries, and the least recently used goes first', async (t) => {
  const cache = createCache<string, true>(3)
  for (const key of ['a', 'b', 'c']) cache.set(key, true)
  cache.get('a')
  cache.set('b', true)
  for (const key of ['d', 'e']) cache.set(key, true)
  t.same([...cache.keys()].sort(), ['b', 'd', 'e'])
})
