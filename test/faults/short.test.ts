import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startFaultRun } from '../support/faults/fault-run.js'
import { createRedisEnvironment } from '../support/nodes/redis-environment.js'
import { startOwnRedis } from '../../harness/redis-server.js'

/** The short form of `npm run test:faults`. */
t.test('a node is killed, Redis is killed, the backends are terminated: nothing is lost', async (t) => {
  const redis = await startOwnRedis(t)
  const run = await startFaultRun(t, { nodes: 2, conversations: 2, environment: createRedisEnvironment(redis.url) })
  for (let round = 0; round < 2; round++) {
    const node = run.nodes[round]
    if (node) node.origin = undefined
    node?.process.kill('SIGKILL')
    run.injected()
    await redis.stop()
    run.injected()
    await delay(300)
    await redis.start()
    await run.restart(round)
    const rows = await run.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'store-chat' and datname = current_database()`,
    )
    run.injected(rows.length)
    await delay(1000)
  }
  await run.finish('short')
})
