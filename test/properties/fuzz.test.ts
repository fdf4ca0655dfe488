import { ok } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { addAdmin, addToken } from '../support/chat/accounts.js'
import { createAnswerCheck, createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, closeConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { chooseSeed } from '../support/seed.js'
import { anyRequest, listOperations, type WildRequest } from './requests.js'

const CASES = Number(process.env['FUZZ_CASES'] ?? 1000)
const SLOWEST_MS = 2000
const path = process.env['TEST_PATH']
const platformToken = 'platform-token-for-tests'

t.test('whatever is asked, the answer is a described one, in time', { timeout: 600_000 }, async (t) => {
  const seed = chooseSeed(t)
  const node = await startNode(t, { config: { platformToken } })
  const chat = createChatClient(node)
  const check = createAnswerCheck(node)
  const [claimed, closed, open] = [
    await claimConversation(chat),
    await closeConversation(chat),
    await openConversation(chat),
  ]
  const messages = await sendMessages(chat, claimed.store, 2)
  const supervisor = await addAdmin(node.database, { role: 'supervisor' })
  const tokens: Record<string, string | undefined> = {
    ...{ store: claimed.store.token, otherStore: closed.store.token },
    ...{ holder: claimed.admin.token, otherAdmin: open.admin.token },
    ...{ supervisor: supervisor.token, platform: platformToken, nobody: undefined },
  }
  const spare = await addToken(node.database, { storeId: open.store.id })
  const conversations = [claimed, closed, open]
  const ids = [
    ...conversations.flatMap(({ sessionId, store, admin }) => [sessionId, store.id, admin.id]),
    ...messages,
    spare.tokenId,
    ...Array.from({ length: 20 }, (_, place) => open.sessionId + 1 + place),
  ]
  const operations = listOperations(node.app.swagger())

  const tally = new Map<string, number>()
  const ask = async ({ operation, path, caller, headers, body }: WildRequest) => {
    const startedAt = performance.now()
    const token = tokens[caller]
    const answer = await node.request(operation.method, path, { headers, body, ...(token !== undefined && { token }) })
    const tookMs = performance.now() - startedAt
    ok(answer.status < 500, `${answer.status}: ${answer.text}`)
    ok(tookMs < SLOWEST_MS, `${tookMs} ms`)
    ok(answer.headers['x-request-id'], 'every answer has a request id')
    if (!isBeyondRoutes(path, answer.status)) check(operation.method, operation.path, answer)
    // The token of a caller may be among those that were just revoked.
    if (operation.method === 'DELETE') await node.database.query('update access_token set revoked_at = null')
    const kind = answer.status < 300 ? 'taken' : 'refused'
    tally.set(kind, (tally.get(kind) ?? 0) + 1)
  }
  await fc.assert(fc.asyncProperty(anyRequest(operations, Object.keys(tokens), ids), ask), {
    seed,
    numRuns: CASES,
    ...(path !== undefined && { path }),
  })
  if (path !== undefined) return
  // A fuzz that is always refused at the door finds nothing. About a tenth of the requests is taken.
  for (const kind of ['taken', 'refused']) t.ok((tally.get(kind) ?? 0) > CASES / 20, `${tally.get(kind)} ${kind}`)
})

/** A path that cannot be decoded, has an empty id, or is that of no route, is refused before there is a route that could describe it. */
function isBeyondRoutes(path: string, status: number): boolean {
  const [place = ''] = path.split('?')
  return (status === 400 || status === 404) && /%|\/\//.test(place)
}
