import { createReadStream } from 'node:fs'
import t from 'tap'
import type { FileSource } from '../../../src/client/index.js'
import { addStore } from '../../support/chat/accounts.js'
import { startNode } from '../../support/nodes/node.js'
import { watchStore } from '../support/connect.js'

const node = await startNode(t)
const mine = new Error('mine')
const fail = () => {
  throw mine
}

t.test('a fault of the application is told at once, with what it has thrown', async (t) => {
  let tries = 0
  const { client } = watchStore(t, node, await addStore(node.database), {
    fetch: (input, init) => {
      if (String(input instanceof Request ? input.url : input).includes('upload')) tries++
      return fetch(input, init)
    },
  })
  await client.session()
  const file = new File(['hello'], 'a.txt')
  const cases: [string, { file: FileSource; onProgress?: () => void }, object][] = [
    ['a file that is missing', { file: { name: 'a', stream: () => createReadStream('/none') } }, { code: 'ENOENT' }],
    ['a stream() that throws', { file: { name: 'a', stream: fail } }, mine],
    ['a stream that breaks', { file: { name: 'a', stream: () => new ReadableStream({ pull: fail }) } }, mine],
    [
      'a stream of text',
      {
        file: {
          name: 'a',
          async *stream() {
            yield 'text' as never
          },
        },
      },
      { name: 'TypeError' },
    ],
    ['an onProgress that throws', { file, onProgress: fail }, mine],
    ['a text instead of a file', { file: 'a.txt' as never }, { name: 'TypeError' }],
    ['nothing instead of a file', { file: null as never }, { name: 'TypeError' }],
  ]
  for (const [name, input, cause] of cases) {
    tries = 0
    const expected = { name: 'ChatError', status: 0, code: 'unreadable', cause }
    await t.rejects(client.send(input), expected, name)
    await t.rejects(client.upload(input.file, { ...input, repeat: true }), expected, name)
    t.equal(tries, 2, name)
  }
  t.match(await client.send({ file }), { attachment_type: 'text/plain' })
})
