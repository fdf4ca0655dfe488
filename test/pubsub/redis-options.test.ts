import t from 'tap'
import { isEncrypted, readCredentials, readHostAndPort } from '../../src/pubsub/redis-options.js'

t.test('a URL is read for sentinels and clusters as for a single Redis', async (t) => {
  const url = 'rediss://chat:Secret%2FPass%231%2C@[::1]:6380/3'
  t.strictSame(readCredentials(url), { username: 'chat', password: 'Secret/Pass#1,', db: 3 })
  t.strictSame(readHostAndPort(url), { host: '::1', port: 6380 })
  t.ok(isEncrypted(url))
  t.strictSame(readCredentials('redis://redis.example.com/'), {})
  t.strictSame(readHostAndPort('redis://redis.example.com'), { host: 'redis.example.com', port: 6379 })
  t.notOk(isEncrypted('redis://redis.example.com'))
})
