import { readdir, readlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { noLimits } from '../../harness/no-limits.js'
import { createJpeg } from '../support/files/pictures.js'
import { until } from '../../harness/until.js'
import { encodeForm, uploadFile } from '../support/files/uploads.js'

const UPLOADS = 1000
const AT_ONCE = 25

/** The open descriptors of files in a folder. */
async function listOpenFiles(folder: string): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd')
  const targets = await Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')))
  return targets.filter((target) => target.startsWith(folder))
}

/** Sends a number of bytes of a request, and then resets the connection. */
async function breakOff(t: Test, origin: string, request: Buffer, bytes: number): Promise<void> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  await new Promise<void>((resolve) => socket.write(request.subarray(0, bytes), () => resolve()))
  socket.resetAndDestroy()
}

t.test('a thousand uploads that break off anywhere leave no file, no row and no descriptor', async (t) => {
  const node = await startNode(t, { config: { limits: noLimits } })
  const { database } = node
  const { files } = node.app
  const stores = await Promise.all(Array.from({ length: 10 }, () => addStore(database)))
  const pixels = Buffer.alloc(50_000, 7)
  const requestOf = ({ token }: { token: string }) => {
    const { body, headers } = encodeForm([{ field: 'file', name: 'a.jpg', content: createJpeg({ pixels }) }])
    const head = `POST /v1/chat/upload/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${token}\r\n`
    const rest = `Content-Type: ${headers['content-type']}\r\nContent-Length: ${body.length}\r\n\r\n`
    return Buffer.concat([Buffer.from(head + rest), body])
  }
  const requests = stores.map(requestOf)
  for (let count = 0; count < UPLOADS; count += AT_ONCE) {
    const broken = Array.from({ length: AT_ONCE }, (_, index) => {
      const request = requests[index % requests.length] as Buffer
      return breakOff(t, node.origin, request, Math.floor(Math.random() * request.length))
    })
    await Promise.all(broken)
  }
  const countConnections = promisify(node.app.server.getConnections.bind(node.app.server))
  await until(async () => (await countConnections()) === 0, 10_000, 'no connection is left')
  await until(async () => (await listOpenFiles(files.config.folder)).length === 0, 10_000, 'no descriptor is left')
  await until(async () => (await readdir(files.spoolFolder)).length === 0, 10_000, 'no file is left')
  t.same(await database.query('select from chat_file'), [])
  const [store] = stores
  if (store === undefined) throw new Error('There are stores')
  const next = await uploadFile(node, store, { name: 'a.txt', bytes: 'x' })
  t.equal(next.status, 200, 'and no slot is taken')
})
