import t from 'tap'
import { createUsageMeter, isSaturated } from '../../../src/webhooks/delivery/usage-meter.js'

const quiet = { tookMs: 250, utilization: 0.05, ranMs: 13, waitedMs: 1, idleShare: 0.9 }

t.test('a node is saturated by its event loop, by its machine, or by a CPU limit', async (t) => {
  t.notOk(isSaturated(quiet))
  t.notOk(
    isSaturated({ ...quiet, utilization: 0.8, ranMs: 190, waitedMs: 10, idleShare: 0.3 }),
    'busy is not saturated',
  )
  t.ok(isSaturated({ ...quiet, utilization: 0.9, ranMs: 220 }), 'the event loop is full')
  t.ok(isSaturated({ ...quiet, utilization: 0.6, ranMs: 130, idleShare: 0.1 }), 'others have the processors')
  t.notOk(isSaturated({ ...quiet, ranMs: 10, waitedMs: 40, idleShare: 0 }), 'little to do, whatever others do')
  t.ok(isSaturated({ ...quiet, utilization: 0.5, ranMs: 50, waitedMs: 80 }), 'a limit of the container')
  const silent = { ranMs: 0, waitedMs: 0, idleShare: undefined }
  t.notOk(isSaturated({ ...quiet, ...silent, utilization: 0.8 }), 'where the system tells nothing of processors')
  t.ok(isSaturated({ ...quiet, ...silent, utilization: 0.9 }))
})

t.test('the usage of this process can be read', async (t) => {
  const read = createUsageMeter()
  // The times of the machine count in hundredths of a second.
  const until = performance.now() + 30
  while (performance.now() < until);
  const { tookMs, ranMs, waitedMs, utilization, idleShare = 0 } = read()
  t.ok(tookMs >= 30)
  t.ok(ranMs >= 0 && waitedMs >= 0, `${ranMs} ms on a processor, ${waitedMs} ms without`)
  t.ok(utilization >= 0 && utilization <= 1)
  t.ok(idleShare >= 0 && idleShare <= 1, `${idleShare} of the machine was idle`)
})
