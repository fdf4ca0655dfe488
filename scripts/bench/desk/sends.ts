import autocannon from 'autocannon'
import { compete, type Contestant } from '../rounds.js'
import { execute, storeToken } from '../seed.js'
import type { Server } from '../services.js'
import { composeMessage } from './texts.js'

const ACTIVE_STORES = 500
const CONNECTIONS = 16
const SECONDS = 6
const ROUNDS = 5

/**
 * Measures sends while the service copies messages for the search and derives times for reports, and while both are
 * paused.
 */
export function compareSends(server: Server, databaseUrl: string, messages: number): Promise<string> {
  const contestant = (name: string, nextAt: string): Contestant => ({
    name,
    async measure() {
      await execute(databaseUrl, `update event_cursor set next_at = ${nextAt} where consumer in ('search', 'reports')`)
      return load(server)
    },
  })
  const contestants = [contestant('paused', `'2100-01-01'`), contestant('going on', 'now()')]
  return compete(`Sends with ${messages} messages; the copying for search and reports is`, contestants, ROUNDS)
}

async function load({ origin: url }: Server): Promise<Record<string, number>> {
  const setupRequest = (request: autocannon.Request): autocannon.Request => ({
    ...request,
    method: 'POST',
    path: '/v1/chat/store/message/',
    headers: {
      authorization: `Token ${storeToken(1 + Math.floor(Math.random() * ACTIVE_STORES))}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ content: composeMessage() }),
  })
  const options = { url, connections: CONNECTIONS, duration: SECONDS, requests: [{ setupRequest }] }
  const { requests, latency, non2xx, errors } = await autocannon(options)
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} refused, ${errors} failed`)
  return { 'sends/s': requests.average, 'ms (p99)': latency.p99 }
}
