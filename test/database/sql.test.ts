import fc from 'fast-check'
import t from 'tap'
import { toUtc } from '../../src/database/sql.js'

const DAY_MS = 86_400_000

t.test('a moment is written as Date writes it', async (t) => {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
  const edges = [0, -1, 1, 951_782_400_000, 1_709_164_800_000, today, today - 1, today + DAY_MS - 1, today + DAY_MS]
  for (const ms of edges) t.equal(toUtc(ms), new Date(ms).toISOString())
  const moment = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(9999, 11, 31) })
  fc.assert(fc.property(moment, (ms) => toUtc(ms) === new Date(ms).toISOString()))
})
