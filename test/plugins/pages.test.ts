import { gunzipSync, brotliDecompressSync } from 'node:zlib'
import { get as sendGet } from 'node:http'
import { buffer as readBuffer } from 'node:stream/consumers'
import t from 'tap'
import { readConfig } from '../../src/config/config.js'
import { startNode } from '../support/nodes/node.js'

const node = await startNode(t)
const pages = ['/console/', '/chat/', '/widget/']
const files = [
  '/console/app.js',
  '/console/style.css',
  '/chat/app.js',
  '/chat/style.css',
  '/chat/icon.svg',
  '/widget.js',
  '/client.js',
  '/client.global.js',
]

/** The body as it comes over the wire. */
async function fetchRaw(path: string, encoding: string) {
  return new Promise<{ bytes: Buffer; encoding: string | undefined }>((resolve, reject) => {
    sendGet(new URL(path, node.origin), { headers: { 'accept-encoding': encoding } }, (response) => {
      readBuffer(response).then((bytes) => resolve({ bytes, encoding: response.headers['content-encoding'] }), reject)
    }).on('error', reject)
  })
}

const policyOf = (header: unknown) =>
  new Map(
    String(header)
      .split('; ')
      .map((directive) => [directive.split(' ', 1)[0], directive.split(' ').slice(1).join(' ')]),
  )

t.test('every page and file is served, with what a browser is to make of it', async (t) => {
  for (const path of [...pages, ...files]) {
    const { status, headers } = await node.get(path)
    t.equal(status, 200, path)
    t.match(headers, {
      'content-type': path.endsWith('/')
        ? /^text\/html/
        : /^((text\/css|application\/javascript); charset=utf-8|image\/svg\+xml)$/,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-request-id': String,
      vary: 'accept-encoding',
    })
  }
})

t.test(
  'the policy allows no script, style or connection but the own ones, and no text that becomes markup',
  async (t) => {
    for (const path of pages) {
      const { headers, text } = await node.get(path)
      const policy = policyOf(headers['content-security-policy'])
      t.equal(policy.get('default-src'), "'none'", path)
      for (const name of ['script-src', 'style-src', 'connect-src', 'img-src'])
        t.equal(policy.get(name), "'self'", name)
      t.equal(policy.get('require-trusted-types-for'), "'script'")
      t.equal(policy.get('trusted-types'), "'none'")
      t.equal(headers['x-frame-options'], undefined)
      t.notMatch(text, /<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/, 'nothing of it is inline')
    }
  },
)

t.test('only the page inside of the widget may be framed, by any origin or by those that are named', async (t) => {
  const embeddable = await startNode(t, {
    database: node.database,
    config: { widgetOrigins: ['https://shop.example', 'https://other.example'] },
  })
  const ancestors = async (path: string, { get } = node) =>
    policyOf((await get(path)).headers['content-security-policy']).get('frame-ancestors')
  t.equal(await ancestors('/console/'), "'none'")
  t.equal(await ancestors('/chat/'), "'none'")
  t.equal(await ancestors('/widget/'), undefined)
  t.equal(await ancestors('/widget/', embeddable), 'https://shop.example https://other.example')
  t.equal(await ancestors('/chat/', embeddable), "'none'")
  const { headers } = await node.get('/widget.js')
  t.equal(headers['cross-origin-resource-policy'], 'cross-origin', 'other origins load the script')
  t.equal(headers['access-control-allow-origin'], '*', 'as a module, too')
  t.equal((await node.get('/chat/app.js')).headers['access-control-allow-origin'], undefined)
  for (const [path, policy] of [
    ['/widget/', 'require-corp'],
    ['/chat/', undefined],
  ] as const) {
    t.equal((await node.get(path)).headers['cross-origin-embedder-policy'], policy, path)
  }
})

t.test('what a browser has already is not sent again', async (t) => {
  for (const path of [...pages, ...files]) {
    const { headers } = await node.get(path)
    const { etag = '' } = headers
    const again = await node.get(path, { headers: { 'if-none-match': `"x", ${etag}` } })
    t.match(again, { status: 304, text: '', headers: { etag, 'cache-control': 'no-cache' } }, path)
    t.equal((await node.get(path, { headers: { 'if-none-match': '"another"' } })).status, 200)
  }
})

t.test('HEAD answers with the headers of GET', async (t) => {
  const [head, get] = [await node.request('HEAD', '/console/'), await node.get('/console/')]
  t.equal(head.status, 200)
  t.equal(head.text, '')
  for (const name of ['content-type', 'etag', 'content-length', 'content-security-policy']) {
    t.equal(head.headers[name], get.headers[name], name)
  }
})

t.test('a page without its final slash is elsewhere; what is not there is 404 in the standard body', async (t) => {
  for (const path of pages) {
    const { status, headers } = await node.get(`${path.slice(0, -1)}?a=b`)
    t.equal(status, 308)
    t.equal(headers.location, `${path.slice(1)}?a=b`, 'relative: a proxy may serve it under a path')
  }
  for (const path of [
    '/console/index.html',
    '/console/app.js.br',
    '/console/../server.js',
    '/console/%2e%2e/server.js',
  ]) {
    t.equal((await node.get(path)).status, 404, path)
  }
  t.equal((await node.post('/console/')).status, 405)
})

t.test('every encoding holds the same, and one that is refused is not used', async (t) => {
  for (const path of [...pages, ...files]) {
    const plain = (await fetchRaw(path, 'identity')).bytes
    const br = await fetchRaw(path, 'gzip, deflate, br')
    const gzip = await fetchRaw(path, 'br;q=0, gzip;q=0.5')
    t.match([br.encoding, gzip.encoding], ['br', 'gzip'])
    t.ok(brotliDecompressSync(br.bytes).equals(plain) && gunzipSync(gzip.bytes).equals(plain), path)
  }
  t.equal((await fetchRaw('/console/', 'BR')).encoding, 'br')
})

t.test('a first page is less than 60 KB gzipped, in few requests', async (t) => {
  for (const page of pages) {
    const { text } = await node.get(page)
    const own = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path)
    t.ok(own.length <= 3, `${page} asks for ${own.join(' ')}`)
    const sizes = await Promise.all([page, ...own].map(async (path) => (await fetchRaw(path, 'gzip')).bytes.length))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    t.ok(total < 60_000, `${page}: ${total} bytes`)
  }
  t.ok((await fetchRaw('/widget.js', 'gzip')).bytes.length <= 3072, 'the script that goes into every page of a shop')
})

t.test('a browser that pages of configured origins use is told that answers vary by origin, too', async (t) => {
  const { get } = await startNode(t, {
    database: node.database,
    config: { corsOrigins: ['https://a.example', 'https://b.example'] },
  })
  const { headers } = await get('/widget.js', { headers: { origin: 'https://a.example' } })
  t.match(headers.vary, /origin.*accept-encoding/i)
})

t.test('pictures may come from the bucket of the files, and from no other origin', async (t) => {
  const keys = { S3_ACCESS_KEY_ID: 'key', S3_SECRET_ACCESS_KEY: 'secret', S3_BUCKET: 'chat' }
  const origins = {
    "'self' http://127.0.0.1:9000": { ...keys, S3_ENDPOINT: 'http://127.0.0.1:9000' },
    "'self' https://chat.s3.eu-central-1.amazonaws.com": { ...keys, S3_REGION: 'eu-central-1' },
  }
  for (const [expected, environment] of Object.entries(origins)) {
    const { files } = readConfig(environment)
    const other = await startNode(t, { database: node.database, config: { files } })
    for (const path of pages) {
      const { headers } = await other.get(path)
      t.equal(policyOf(headers['content-security-policy']).get('img-src'), expected)
    }
    const { headers } = await other.get('/widget/')
    t.equal(headers['cross-origin-embedder-policy'], 'credentialless', 'a bucket says nothing of who may embed it')
  }
})
