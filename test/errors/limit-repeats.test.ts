import Fastify from 'fastify'
import t from 'tap'
import { createLogCounts, createRepeatLimit } from '../../src/errors/limit-repeats.js'
import { describeError } from '../../src/errors/describe-error.js'
import { until } from '../../harness/until.js'

type Line = Record<string, unknown>

/** A logger, and what it has written. */
function openLog(intervalMs?: number) {
  const lines: Line[] = []
  const counts = createLogCounts()
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const hooks = { logMethod: createRepeatLimit(counts, intervalMs) }
  const { log } = Fastify({ logger: { hooks, serializers: { err: describeError }, stream } })
  return { log, lines, counts }
}

t.test('a fault that repeats is one line, then one line per interval with the number of those between', async (t) => {
  const { log, lines, counts } = openLog(50)
  for (let place = 0; place < 50; place++) log.warn({ err: new Error(`no connection ${place}`) }, 'realtime')
  t.equal(lines.length, 1)
  t.equal(counts.warn, 50, 'all are counted')
  await until(() => lines.length > 1, 5000, 'the interval ends')
  t.match(lines, [{ msg: 'realtime' }, { msg: 'realtime', suppressed: 49, err: { message: 'no connection 49' } }])
})

t.test('other faults, other lines and lines without a fault are all written', async (t) => {
  const { log, lines } = openLog()
  for (const message of ['one', 'two']) log.warn({ err: new Error(message) }, 'realtime')
  log.error({ err: new Error('one') }, 'realtime')
  log.warn({ statement: 'select 1', ms: 2000 }, 'slow statement')
  log.warn({ statement: 'select from chat_session', ms: 2000 }, 'slow statement')
  for (let place = 0; place < 3; place++) log.warn('a warning')
  for (let place = 0; place < 3; place++) log.info({ err: new Error('one') }, 'news')
  t.equal(lines.length, 11)
})

t.test('faults that differ in their code, their origin or a status are all written', async (t) => {
  const { log, lines } = openLog()
  const fail = (code?: string) => Object.assign(new Error('cannot connect to port 5432'), code && { code })
  const failElsewhere = () => new Error('cannot connect to port 6379')
  for (let place = 0; place < 3; place++) {
    for (const err of [fail(), fail('ECONNREFUSED'), fail('ETIMEDOUT'), failElsewhere()]) log.warn({ err }, 'database')
    for (const status of [401, 503])
      log.warn({ err: `the receiver answered ${status} after ${place} tries` }, 'webhook')
  }
  t.equal(lines.length, 6)
})
