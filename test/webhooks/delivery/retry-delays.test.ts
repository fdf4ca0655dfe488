import t from 'tap'
import { chooseRetryDelay } from '../../../src/webhooks/delivery/retry-delays.js'
import { readConfig } from '../../../src/config/config.js'

const { retryDelaysMs } = readConfig({}).webhooks
const isAbout = (ms: number, seconds: number) => ms >= seconds * 1000 && ms <= seconds * 1200

t.test('the pauses grow to hours, with jitter', async (t) => {
  const expected = [5, 30, 120, 600, 3600, 7200, 14_400, 21_600, 21_600, 21_600]
  expected.forEach((seconds, place) => {
    t.ok(isAbout(chooseRetryDelay(place + 1, undefined, retryDelaysMs), seconds), `attempt ${place + 1}`)
  })
  const many = new Set(Array.from({ length: 50 }, () => chooseRetryDelay(1, undefined, retryDelaysMs)))
  t.ok(many.size > 10, 'sessions that fail together are not tried again together')
})

t.test('a receiver may say when, within bounds', async (t) => {
  const date = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString()
  const cases: [string, number, number][] = [
    ['7', 7, 7],
    ['0', 1, 1],
    ['86400', 3600, 3600],
    [date(90), 88, 90],
    [date(-90), 1, 1],
    ['soon', 5, 5],
    ['-5', 5, 5],
    ['1.5', 5, 5],
    ['soon 7', 5, 5],
    ['1e9', 5, 5],
  ]
  for (const [header, least, most] of cases) {
    const ms = chooseRetryDelay(1, header, retryDelaysMs)
    t.ok(ms >= least * 1000 && ms <= most * 1200, `${header}: ${ms}`)
  }
})
