import t from 'tap'
import { readOneByOne } from '../../src/database/read-one-by-one.js'

t.test('a read is told whether other keys wait, not whether its own does', async (t) => {
  const seen: string[] = []
  const read = readOneByOne(async (key: string, doOthersWait) => {
    await new Promise((resolve) => setImmediate(resolve))
    seen.push(`${key} ${doOthersWait()}`)
    return key
  })
  await read('before')
  const first = read('a')
  // The first read has begun, so this one is another.
  await Promise.resolve()
  await Promise.all([first, read('a')])
  t.same(seen, ['before false', 'a false', 'a false'])
  await Promise.all([read('a'), read('b'), read('b')])
  t.same(seen.slice(3), ['a true', 'b false'])
})
