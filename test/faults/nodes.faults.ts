import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startFaultRun } from '../support/faults/fault-run.js'
import { createRedisEnvironment } from '../support/nodes/redis-environment.js'
import { startOwnRedis } from '../../harness/redis-server.js'

/** Independent of the start time of the nodes, which depends on the machine. */
const KILLING_MS = 45_000

t.test('a node is killed every one to three seconds', async (t) => {
  const redis = await startOwnRedis(t)
  const run = await startFaultRun(t, { environment: createRedisEnvironment(redis.url) })
  const deadline = Date.now() + KILLING_MS
  for (let kill = 0; Date.now() < deadline; kill++) {
    await delay(1000 + run.random() * 2000)
    const place = kill % run.nodes.length
    const node = run.nodes[place]
    if (node) node.origin = undefined
    node?.process.kill('SIGKILL')
    run.injected()
    await run.restart(place)
  }
  await run.finish('kill -9 a node every 1-3 s')
})

t.test('a node is frozen while more than 32 MB are published, and then goes on', async (t) => {
  const redis = await startOwnRedis(t)
  const run = await startFaultRun(t, {
    nodes: 2,
    conversations: 6,
    environment: createRedisEnvironment(redis.url),
    writer: { pauseMs: 1, size: 9000 },
  })
  await delay(1000)
  const frozen = run.nodes[1]
  const origin = frozen?.origin
  if (frozen) frozen.origin = undefined
  frozen?.process.kill('SIGSTOP')
  run.injected()
  const sent = () => run.writers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)
  const before = sent()
  const deadline = Date.now() + 60_000
  while ((sent() - before) * 9100 * 2 < 34_000_000 && Date.now() < deadline) await delay(100)
  t.ok((sent() - before) * 9100 * 2 >= 33_554_432, 'to the store and to the holder, 32 MB')
  frozen?.process.kill('SIGCONT')
  if (frozen && origin !== undefined) frozen.origin = origin
  await delay(3000)
  await run.finish('SIGSTOP a node for > 32 MB')
})
