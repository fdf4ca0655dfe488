import t from 'tap'
import { createUsageMeter, isBusy } from '../../../src/webhooks/delivery/busy-meter.js'

const idle = { tookMs: 250, utilization: 0.05, ranMs: 10, waitedMs: 1 }

t.test('a node is busy by its event loop, or by waiting for a processor', async (t) => {
  t.notOk(isBusy(idle))
  t.notOk(isBusy({ ...idle, utilization: 0.6, ranMs: 140, waitedMs: 10 }), 'much to do, and time for it')
  t.ok(isBusy({ ...idle, utilization: 0.8, ranMs: 200, waitedMs: 0 }), 'the event loop has no time')
  t.ok(isBusy({ ...idle, utilization: 0.5, ranMs: 90, waitedMs: 60 }), 'others have the processors')
  t.notOk(isBusy({ ...idle, ranMs: 30, waitedMs: 40 }), 'little to do, whatever others do')
  t.ok(isBusy({ ...idle, utilization: 0.9, ranMs: 0, waitedMs: 0 }), 'where the system tells nothing of processors')
})

t.test('the usage of this process can be read', async (t) => {
  const read = createUsageMeter()
  const until = performance.now() + 20
  while (performance.now() < until);
  const { tookMs, ranMs, waitedMs, utilization } = read()
  t.ok(tookMs >= 20)
  t.ok(ranMs >= 0 && waitedMs >= 0, `${ranMs} ms on a processor, ${waitedMs} ms without`)
  t.ok(utilization >= 0 && utilization <= 1)
})
