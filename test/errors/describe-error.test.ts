import t from 'tap'
import { describeError, printError } from '../../src/errors/describe-error.js'
import { describeRedisError } from '../../src/pubsub/redis-errors.js'

t.test('what libraries attach to an error is not told', async (t) => {
  const inner = Object.assign(new Error('inside'), { detail: 'Failing row contains (secret)', code: '23514' })
  const error = Object.assign(new TypeError('outside', { cause: inner }), { input: 'postgresql://:secret@host' })
  const described = describeError(error)
  t.match(described, { type: 'TypeError', message: 'outside', cause: { message: 'inside', code: '23514' } })
  t.notMatch(JSON.stringify(described), 'secret')
  t.match(printError(error), /^TypeError: outside\n[^]*Caused by: Error: inside/)
  t.notMatch(printError(error), 'secret')
})

t.test('of URLs in messages the credentials are not told', async (t) => {
  const error = new Error('No URL: http://user:sec@ret@host/keys, http://host/@path', {
    cause: new Error('a://secret@b'),
  })
  const described = describeError(error)
  t.match(described, { message: 'No URL: http://…@host/keys, http://host/@path', cause: { message: 'a://…@b' } })
  t.notMatch(JSON.stringify([described, printError(error), describeError('a://secret@b')]), /sec|ret@/)
})

t.test('anything can be thrown', async (t) => {
  t.equal(printError('words'), 'words')
  const circle = new Error('round')
  circle.cause = circle
  t.match(describeError(circle), { message: 'round', cause: { message: 'round' } })
})

t.test('of an error of Redis neither the command nor its arguments are told', async (t) => {
  const command = { name: 'hello', args: ['3', 'AUTH', 'default', 'secret'] }
  const message = "ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'default' 'secret' "
  const described = describeRedisError(Object.assign(new Error(message), { name: 'ReplyError', command }))
  t.equal(described.message, "ReplyError: ERR unknown command 'HELLO'")
  t.notMatch(JSON.stringify(describeError(described)), 'secret')
  const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' })
  t.match(describeRedisError(refused), { message: 'Error: ECONNREFUSED', code: 'ECONNREFUSED' })
})
