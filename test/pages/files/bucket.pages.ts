import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer as readBuffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { readConfig } from '../../../src/config/config.js'
import { createTempFolder } from '../../support/temp-folder.js'
import { choose, loadedPictures, picture, sizesOf } from '../support/files.js'
import { openChat } from '../support/launcher.js'
import { serveShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

/** What a browser sees of a bucket: another origin, which sends no policy of its own with what it has. */
async function startBucket(t: Test): Promise<string> {
  const objects = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://bucket')
    const keep = async () => {
      objects.set(pathname, await readBuffer(request))
      response.end()
    }
    const send = () => {
      const type = searchParams.get('response-content-type') ?? 'application/octet-stream'
      response.writeHead(objects.has(pathname) ? 200 : 404, { 'content-type': type }).end(objects.get(pathname))
    }
    if (request.method === 'PUT') void keep()
    else send()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('the pages and the widget load pictures from the origin of the bucket, and from no other', async (t) => {
  const [bucket, elsewhere] = [await startBucket(t), await startBucket(t)]
  const { files } = readConfig({
    S3_BUCKET: 'chat',
    S3_ENDPOINT: bucket,
    S3_ACCESS_KEY_ID: 'key',
    S3_SECRET_ACCESS_KEY: 'secret',
    FILES_DIR: await createTempFolder(t),
  })
  const stage = await setStage(t, { config: { files } })
  const store = await stage.store()
  const page = await stage.chat(store)
  const asked: string[] = []
  page.on('response', (response) => asked.push(new URL(response.url()).origin))
  await choose(page, picture('a.png', 30, 20))
  await page.getByRole('button', { name: 'Send' }).click()
  t.same((await sizesOf(loadedPictures(page).first())).own, [30, 20])
  t.ok(asked.includes(bucket), 'the bytes do not pass the node')
  t.same(stage.complaints(), [])

  const { page: shopper } = await stage.visitor(store)
  const tag = `<script src="${stage.node.origin}/widget.js" data-token="${store.token}" defer></script>`
  for (const policy of ['unsafe-none', 'credentialless', 'require-corp']) {
    const headers = { 'cross-origin-embedder-policy': policy, 'cross-origin-opener-policy': 'same-origin' }
    // Another site than the chat's.
    await shopper.goto((await serveShop(t, { pages: { '/': tag }, headers })).replace('127.0.0.1', 'localhost'))
    const chat = await openChat(shopper)
    t.same((await sizesOf(loadedPictures(chat).first())).own, [30, 20], `in a shop with ${policy}`)
  }
  t.same(stage.complaints(), [])

  const isRefused = await page.evaluate(
    (src) =>
      new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective))
        const image = new Image()
        image.onload = () => resolve('loaded')
        image.src = src
      }),
    `${elsewhere}/chat/a.png`,
  )
  t.equal(isRefused, 'img-src')
})
