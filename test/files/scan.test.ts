import { readdir } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { readConfig } from '../../src/config/config.js'
import { startScanner } from '../support/files/scanner.js'
import { encodeForm, uploadFile } from '../support/files/uploads.js'
import { until } from '../../harness/until.js'

async function upload(t: Test, scanner: { host: string; port: number }, bytes: string) {
  const { files } = readConfig({})
  const folder = `${t.testdir()}/files`
  const node = await startNode(t, { config: { files: { ...files, folder, scanner } } })
  const answer = await uploadFile(node, await addStore(node.database), { name: 'a.txt', bytes })
  return { ...answer, count: (await node.database.query('select from chat_file')).length }
}

t.test('a clean file is accepted once the scanner has seen all of it', async (t) => {
  let seen = ''
  const scanner = await startScanner(t, (content) => {
    seen = content
    return 'stream: OK\0'
  })
  const bytes = 'clean '.repeat(100_000)
  t.match(await upload(t, scanner, bytes), { status: 200, count: 1 })
  t.equal(seen, bytes)
})

t.test('an infected file is refused in clear words and leaves nothing', async (t) => {
  const scanner = await startScanner(t, () => 'stream: Eicar-Test-Signature FOUND\0')
  t.match(await upload(t, scanner, 'virus'), { status: 422, count: 0, body: { message: /infected/ } })
})

t.test('a scanner that is away, breaks off or says anything else never means clean', async (t) => {
  const answers = ['', 'stream: OK', 'OK\0', 'INSTREAM size limit exceeded. ERROR\0', 'stream: OK FOUND\0x', '\0']
  for (const answer of answers.filter((answer) => answer !== 'stream: OK')) {
    const scanner = await startScanner(t, () => answer)
    const { status, count } = await upload(t, scanner, 'x')
    t.ok(status === 503 || (status === 422 && answer.includes('FOUND')), `${JSON.stringify(answer)} ${status}`)
    t.equal(count, 0)
  }
  t.match(await upload(t, { host: '127.0.0.1', port: 1 }, 'x'), { status: 503, count: 0 })
})

t.test('a node that stops while a scanner is silent leaves nothing of the file', async (t) => {
  const scanner = await startScanner(t, () => 'never said', { isSilent: true })
  const { files } = readConfig({})
  const folder = `${t.testdir()}/files`
  const node = await startNode(t, { config: { files: { ...files, folder, scanner } } })
  const { token } = await addStore(node.database)
  const { body, headers } = encodeForm([{ field: 'file', name: 'a.txt', content: 'x' }])
  const client = new AbortController()
  const upload = fetch(`${node.origin}/v1/chat/upload/`, {
    method: 'POST',
    headers: { ...headers, authorization: `Token ${token}` },
    body: Uint8Array.from(body),
    signal: client.signal,
  })
  await until(() => scanner.asked() === 1, 5000, 'the scanner has the file')
  client.abort()
  await t.rejects(upload)
  await node.app.close()
  t.same(await readdir(node.app.files.spoolFolder), [])
})
