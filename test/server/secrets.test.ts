import { Redis } from 'ioredis'
import t from 'tap'
import { createDatabase } from '../support/databases/database.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { runProgram, startServer } from '../support/nodes/server-process.js'
import { until } from '../../harness/until.js'

const SECRET = 'Secret/Pass#1'

t.test('a setting that is wrong is refused in one line without its value', async (t) => {
  const database = await createDatabase(t)
  const wrong: Record<string, string> = {
    REDIS_URL: `redis://:${SECRET}@127.0.0.1:6399`,
    DATABASE_URL: `postgresql://chat:${SECRET}@127.0.0.1:5432/chat`,
    PLATFORM_TOKEN: SECRET,
  }
  for (const program of ['server.js', 'cli/account.js'] as const) {
    for (const [name, value] of Object.entries(wrong)) {
      const words = program === 'server.js' ? [] : ['token', 'list']
      const server = runProgram(t, program, { DATABASE_URL: database.url, [name]: value, PORT: '0' }, words)
      t.equal((await server.exit()).code, 1)
      const { out, err } = server.output()
      t.match(err, new RegExp(`^${name} .*\\n$`))
      t.notMatch(out + err, /Secret|Pass#1/, `${program}: ${name}`)
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
  const server = startServer(t, { DATABASE_URL: database.url, REDIS_URL: url })
  await server.ready()
  await until(() => server.output().out.includes('WRONGPASS'), 10_000, 'the refusal is logged')
  const { out, err } = server.output()
  t.notMatch(out + err, /Secret|Pass#1/)
})
