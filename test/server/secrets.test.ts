import { Redis } from 'ioredis'
import t from 'tap'
import { createDatabase } from '../support/databases/database.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { runProgram, startServer } from '../support/nodes/server-process.js'
import { until } from '../../harness/until.js'

const SECRET = 'Secret/Pass#1'

t.test('settings that are wrong are refused in a line each, without their values', async (t) => {
  const urls = {
    DATABASE_URL: `postgresql://chat:${SECRET}@127.0.0.1:5432/chat`,
    REDIS_URL: `redis://:${SECRET}@127.0.0.1:6399`,
  }
  const refused = [
    runProgram(t, 'server.js', urls),
    runProgram(t, 'server.js', { PLATFORM_TOKEN: SECRET }),
    runProgram(t, 'cli/account.js', urls, ['token', 'list']),
  ]
  const names = [['DATABASE_URL', 'REDIS_URL'], ['PLATFORM_TOKEN'], ['DATABASE_URL', 'REDIS_URL']]
  for (const [place, program] of refused.entries()) {
    t.equal((await program.exit()).code, 1)
    const { out, err } = program.output()
    const lines = err.trimEnd().split('\n')
    t.same(
      lines.map((line) => line.split(' ')[0]),
      names[place],
    )
    t.notMatch(out + err, /Secret|Pass#1/)
  }
})

t.test('a Redis that refuses the password is reported without it', async (t) => {
  const redis = await startOwnRedis(t)
  const administrator = new Redis(redis.url)
  t.teardown(() => administrator.disconnect())
  await administrator.config('SET', 'requirepass', 'another')
  const database = await createDatabase(t)
  const url = redis.url.replace('//', `//:${encodeURIComponent(SECRET)}@`)
  const server = startServer(t, { DATABASE_URL: database.url, REDIS_URL: url })
  await server.ready()
  await until(() => server.output().out.includes('WRONGPASS'), 10_000, 'the refusal is logged')
  const { out, err } = server.output()
  t.notMatch(out + err, /Secret|Pass#1/)
})
