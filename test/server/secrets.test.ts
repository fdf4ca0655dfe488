import { Redis } from 'ioredis'
import t from 'tap'
import { createDatabase } from '../support/databases/database.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { runProgram, startServer, withoutCoverage } from '../support/nodes/server-process.js'
import { until } from '../../harness/until.js'

const SECRET = 'Secret/Pass#1'

t.test('settings that are wrong are refused in a line each, without their values', async (t) => {
  const database = await createDatabase(t)
  const urls = {
    DATABASE_URL: `postgresql://chat:${SECRET}@127.0.0.1:5432/chat`,
    REDIS_URL: `redis://:${SECRET}@127.0.0.1:6399`,
  }
  const wrong = {
    'DATABASE_URL REDIS_URL': urls,
    PLATFORM_TOKEN: { DATABASE_URL: database.url, PLATFORM_TOKEN: SECRET },
  }
  for (const program of ['server.js', 'cli/account.js'] as const) {
    const words = program === 'server.js' ? [] : ['token', 'list']
    for (const [names, environment] of Object.entries(wrong)) {
      const server = runProgram(t, program, { PORT: '0', ...withoutCoverage, ...environment }, words)
      t.equal((await server.exit()).code, 1)
      const { out, err } = server.output()
      const lines = err.trimEnd().split('\n')
      t.equal(lines.map((line) => line.split(' ')[0]).join(' '), names)
      t.notMatch(out + err, /Secret|Pass#1/, `${program}: ${names}`)
    }
  }
})

t.test('a Redis that refuses the password is reported without it', async (t) => {
  const redis = await startOwnRedis(t)
  const administrator = new Redis(redis.url)
  t.teardown(() => administrator.disconnect())
  await administrator.config('SET', 'requirepass', 'another')
  const database = await createDatabase(t)
  const url = redis.url.replace('//', `//:${encodeURIComponent(SECRET)}@`)
  const server = startServer(t, { DATABASE_URL: database.url, REDIS_URL: url, ...withoutCoverage })
  await server.ready()
  await until(() => server.output().out.includes('WRONGPASS'), 10_000, 'the refusal is logged')
  const { out, err } = server.output()
  t.notMatch(out + err, /Secret|Pass#1/)
})
