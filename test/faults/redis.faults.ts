import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t from 'tap'
import { startFaultRun, type FaultRun } from '../support/faults/fault-run.js'
import { createRedisEnvironment } from '../support/nodes/redis-environment.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { startTcpProxy } from '../../harness/tcp-proxy.js'

const latenciesOf = ({ writers }: FaultRun) => writers.flatMap(({ latenciesMs }) => latenciesMs)
const percentile = (values: number[], part: number) =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length * part)] ?? 0

async function residentBytes({ nodes }: FaultRun): Promise<number> {
  const sizes = await Promise.all(
    nodes.map(async ({ process }) => {
      const status = await readFile(`/proc/${process.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
    }),
  )
  return Math.max(...sizes)
}

t.test('Redis is killed, and comes back empty', async (t) => {
  const redis = await startOwnRedis(t)
  const run = await startFaultRun(t, { environment: createRedisEnvironment(redis.url) })
  for (let kill = 0; kill < 10; kill++) {
    await delay(500 + run.random() * 1000)
    await redis.stop()
    run.injected()
    await delay(run.random() * 1500)
    await redis.start()
  }
  await run.finish('kill -9 Redis, restart empty')
})

t.test('the subscribers are cut off by CLIENT KILL TYPE pubsub', async (t) => {
  const redis = await startOwnRedis(t)
  const run = await startFaultRun(t, { environment: createRedisEnvironment(redis.url) })
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  for (let kill = 0; kill < 90; kill++) {
    await delay(50 + run.random() * 300)
    run.injected((await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')) as number)
  }
  await run.finish('CLIENT KILL TYPE pubsub')
})

t.test('Redis is frozen for ten seconds: sends are acknowledged as fast as ever, memory stays bounded', async (t) => {
  const redis = await startOwnRedis(t)
  const run = await startFaultRun(t, {
    environment: createRedisEnvironment(redis.url),
    writer: { pauseMs: 10, size: 4000 },
  })
  await delay(4000)
  const [before, memoryBefore] = [latenciesOf(run), await residentBytes(run)]
  redis.freeze()
  run.injected()
  const counts = run.writers.map(({ latenciesMs }) => latenciesMs.length)
  await delay(10_000)
  const during = run.writers.flatMap(({ latenciesMs }, place) => latenciesMs.slice(counts[place]))
  const memory = await residentBytes(run)
  redis.thaw()
  await delay(1000)
  const summary = `p95 ${percentile(before, 0.95).toFixed()} ms before, ${percentile(during, 0.95).toFixed()} ms frozen`
  t.ok(during.length > before.length, `${during.length} acknowledged while Redis was frozen`)
  t.ok(percentile(during, 0.95) < 2 * percentile(before, 0.95) + 50, summary)
  t.ok(memory - memoryBefore < 150 * 2 ** 20, `${Math.round((memory - memoryBefore) / 2 ** 20)} MiB more`)
  t.comment(`${summary}; ${Math.round((memory - memoryBefore) / 2 ** 20)} MiB more`)
  await run.finish('SIGSTOP Redis 10 s')
})

for (const [name, breakIt] of [
  ['the network between the nodes and Redis is cut', 'cut'],
  ['healthy connections to Redis carry nothing', 'swallow'],
] as const) {
  t.test(name, async (t) => {
    const redis = await startOwnRedis(t)
    const proxy = await startTcpProxy(t, Number(new URL(redis.url).port))
    const run = await startFaultRun(t, { environment: createRedisEnvironment(`redis://127.0.0.1:${proxy.port}`) })
    for (let round = 0; round < 3; round++) {
      await delay(1500)
      proxy[breakIt]()
      run.injected()
      await delay(2000 + run.random() * 2500)
      proxy.mend()
    }
    await run.finish(name)
  })
}
