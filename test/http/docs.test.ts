import t from 'tap'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { startNode } from '../support/nodes/node.js'

const node = await startNode(t, { config: { platformToken: 'platform-token-for-tests' } })

t.test('OpenAPI 3.1 names every route, how it is authorised and how it fails', async (t) => {
  const { status, body } = await node.get('/docs/json')
  t.equal(status, 200)
  t.match(body, { openapi: /^3\.1\.\d$/, info: { title: 'store-chat', version: String } })
  const operations = Object.entries<Record<string, Operation>>(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
  )
  const names = operations.map(({ name }) => name)
  for (const expected of [
    'GET /v1/chat/store/session/',
    'PUT /v1/chat/platform/stores/{id}/',
    'PUT /v1/chat/platform/admins/{id}/',
    'POST /v1/chat/platform/tokens/',
    'GET /v1/chat/platform/tokens/',
    'DELETE /v1/chat/platform/tokens/{id}/',
    'GET /health/live/',
    'GET /health/ready/',
  ]) {
    t.ok(names.includes(expected), expected)
  }
  const isForAccounts = ({ name }: { name: string }) => name.includes('/v1/chat/') && !name.includes('/files/')
  t.same(
    operations.filter(({ summary, tags }) => !summary || !tags?.length),
    [],
    'each says what it does, and has its place',
  )
  t.same(
    operations.filter(({ name, responses }) => !responses['200'] && !name.includes('/ws/')),
    [],
    'each says what it answers',
  )
  t.ok(operations.filter(isForAccounts).length > 20)
  for (const { name, security, responses } of operations.filter(isForAccounts)) {
    t.strictSame(security, [{ token: [] }], `${name} needs a token`)
    t.ok(responses['401'] && responses['503'], `${name} says how it fails`)
  }
})

t.test('every schema in it is valid JSON Schema 2020-12, as OpenAPI 3.1 wants it', async (t) => {
  const { body } = await node.get('/docs/json')
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const schemas = findSchemas(body)
  t.ok(schemas.length > 20, `${schemas.length} schemas`)
  t.same(
    schemas.filter((schema) => ajv.validateSchema(schema) !== true),
    [],
  )
})

t.test('there is a page to read and try it', async (t) => {
  for (const path of ['/docs/', '/docs']) {
    const { status, headers } = await node.get(path)
    t.equal(status, 200, path)
    t.match(headers['content-type'], 'text/html')
    t.match(headers['content-security-policy'], "default-src 'self'")
  }
})

interface Operation {
  summary?: string
  tags?: string[]
  security?: unknown
  responses: Record<string, unknown>
}

/** Every value under a key `schema`, wherever it is. */
function findSchemas(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const isSchema = key === 'schema' && typeof inner === 'object' && inner !== null
    return isSchema ? [inner] : findSchemas(inner)
  })
}
