import t from 'tap'
import { WebSocket } from 'ws'
import { chooseRepeatMs, chooseRetryMs, createPauses } from '../../../src/client/transport/backoff.js'
import { defaultTiming, readOptions } from '../../../src/client/transport/options.js'
import { chooseSeed, createRandom } from '../../support/seed.js'

t.test('the pause is anything up to a bound that doubles, and that has a bound itself', async (t) => {
  const random = createRandom(chooseSeed(t))
  for (let tries = 0; tries < 2000; tries++) {
    const bound = Math.min(30_000, 500 * 2 ** tries)
    const pauses = Array.from({ length: 20 }, () => chooseRetryMs(random, defaultTiming, tries))
    const wrong = pauses.filter((pause) => !(pause >= 0 && pause < bound))
    if (wrong.length > 0) t.fail(`${String(wrong)} at try ${tries}`)
  }
})

t.test('those who were cut off together come back spread out', async (t) => {
  const random = createRandom(chooseSeed(t))
  const pauses = Array.from({ length: 1000 }, () => chooseRetryMs(random, defaultTiming, 3))
  const bound = 4000
  for (let part = 0; part < 10; part++) {
    const count = pauses.filter((pause) => Math.floor((pause / bound) * 10) === part).length
    t.ok(count > 50 && count < 150, `${count} in part ${part}`)
  }
})

t.test('what was too many is repeated after a second or more, and not before the server asks for it', async (t) => {
  const settings = readOptions({
    origin: 'http://127.0.0.1',
    token: 'a token',
    WebSocket,
    random: createRandom(chooseSeed(t)),
  })
  for (let tries = 0; tries < 20; tries++) {
    const bound = Math.min(30_000, 1000 * 2 ** tries)
    const pause = chooseRepeatMs(settings, { code: 'too_many' }, tries)
    t.ok(pause >= bound && pause < 2 * bound, `${pause} at try ${tries}`)
    t.ok(chooseRepeatMs(settings, { code: 'too_many', retryAfterMs: 90_000 }, tries) >= 90_000)
  }
})

t.test('a pause ends with its client, and its timer, too', async (t) => {
  const pauses = createPauses()
  t.equal(await pauses.wait(1), true)
  const before = countTimers()
  const paused = [pauses.wait(60_000), pauses.wait(60_000)]
  t.equal(countTimers(), before + paused.length)
  pauses.end()
  t.equal(countTimers(), before)
  t.strictSame(await Promise.all([...paused, pauses.wait(60_000)]), [false, false, false])
  t.equal(countTimers(), before)
})

const countTimers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
