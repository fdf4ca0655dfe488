import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startFaultRun } from '../support/faults/fault-run.js'
import { isSigned, startReceiver, type Reaction } from '../support/platform/receiver.js'
import { createRedisEnvironment } from '../support/nodes/redis-environment.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { until } from '../../harness/until.js'

/** Twice each node. */
const KILLS = 4
const platformToken = 'platform-token-for-tests'

/** Fails five times, hangs, breaks off, works for a while, and starts over. */
function react(place: number): Reaction {
  const trouble: Reaction[] = [500, 500, 500, 500, 500, 'hang', 'close']
  return trouble[place % 200] ?? 204
}

t.test('both nodes are killed in turn: a receiver in trouble gets each seq of each session, in order', async (t) => {
  const redis = await startOwnRedis(t)
  const run = await startFaultRun(t, {
    nodes: 2,
    conversations: 6,
    environment: {
      ...createRedisEnvironment(redis.url),
      PLATFORM_TOKEN: platformToken,
      WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
      WEBHOOK_TIMEOUT_MS: '1000',
      WEBHOOK_RETRY_SECONDS: '1',
      // On a busy machine, opening a connection may take long.
      DATABASE_ACQUIRE_TIMEOUT_MS: '15000',
    },
    writer: { pauseMs: 60 },
  })
  const receiver = await startReceiver(t, (_, place) => react(place))
  const created = await fetch(`${run.origins()[0]}/v1/chat/platform/webhooks/`, {
    method: 'POST',
    headers: { authorization: `Token ${platformToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url: receiver.url }),
  })
  const { secret } = (await created.json()) as { secret: string }

  for (let kill = 0; kill < KILLS; kill++) {
    await delay(1000 + run.random() * 2000)
    const place = kill % run.nodes.length
    const node = run.nodes[place]
    if (node) node.origin = undefined
    node?.process.kill('SIGKILL')
    run.injected()
    await run.restart(place)
  }
  await run.pause()

  const seqsOf = (sessionId: number) =>
    receiver.firsts().flatMap((first) => (first.startsWith(`${sessionId}:`) ? Number(first.split(':')[1]) : []))
  for (const { sessionId } of run.conversations) {
    const [row] = await run.database.query<{ seq: number }>('select seq::int from chat_session where id = $1', [
      sessionId,
    ])
    // The deliveries of a killed node are retried when its lease ends.
    await until(() => seqsOf(sessionId).includes(row?.seq ?? 0), 60_000, `all of session ${sessionId} arrives`)
    const seqs = seqsOf(sessionId)
    const first = seqs[0] ?? 0
    t.ok(seqs.length > 10, `${seqs.length} events`)
    t.same(
      seqs,
      Array.from({ length: (row?.seq ?? 0) - first + 1 }, (_, place) => first + place),
      'each seq, in order',
    )
  }
  t.ok(receiver.accepted.every((event) => isSigned(event, secret)))
  const repeats = receiver.accepted.length - receiver.firsts().length
  const events = `${receiver.firsts().length} events, ${repeats} repeats`
  await run.finish(`kill -9 a node while a receiver of webhooks is in trouble: ${events}`)
})
