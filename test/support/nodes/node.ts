import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { buildApp } from '../../../src/app.js'
import { readConfig, type Config } from '../../../src/config/config.js'
import type { App } from '../../../src/http/describe-route.js'
import { createHttpClient, type HttpClient } from '../clients/client.js'
import { createDatabase, type TestDatabase } from '../databases/database.js'
import { createNetwork, type Network, type NetworkKind } from './network.js'
import { routeTo } from '../databases/pooler.js'

/** A node of the service in this process, with an HTTP client of it. */
export interface TestNode extends HttpClient {
  app: App
  origin: string
  database: TestDatabase
}

export interface NodeOptions {
  /** Default: a new database. */
  database?: TestDatabase
  /** Connects it to other nodes. Default: `local`. */
  network?: Pick<Network, 'config' | 'createPubSub' | 'follow'> | NetworkKind
  config?: Partial<Config>
}

/** Starts a node on a free port. It is closed at the end of the test. */
export async function startNode(t: Test, options: NodeOptions = {}): Promise<TestNode> {
  const { network: given = 'local' } = options
  const network = typeof given === 'string' ? createNetwork(t, given) : given
  const database = options.database ?? (await createDatabase(t))
  // Refused requests are not logged. An error in the log is a fault, so the output of the test shows it.
  // While other tests run, opening a connection may take long.
  const patient = readConfig({ LOG_LEVEL: 'error', DATABASE_ACQUIRE_TIMEOUT_MS: '15000' })
  const { databaseUrl, databasePooler } = routeTo(database.url)
  const files = { ...patient.files, folder: join(tmpdir(), `store-chat-files-${randomUUID()}`) }
  t.teardown(() => rm(files.folder, { recursive: true, force: true }))
  const config = { ...patient, files, databasePooler, ...network.config, ...options.config }
  const pubsub = network.createPubSub()
  const app = await buildApp(config, { databaseUrl, ...(pubsub && { pubsub }) })
  t.teardown(() => app.close())
  await network.follow?.(app.db)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const client = createHttpClient(origin)
  t.teardown(() => client.close())
  return { ...client, app, origin, database }
}

/** Starts nodes on one database and one network. */
export async function startNodes(t: Test, count: number, options: NodeOptions = {}): Promise<TestNode[]> {
  const { network: given = 'local' } = options
  const network = typeof given === 'string' ? createNetwork(t, given) : given
  const database = options.database ?? (await createDatabase(t))
  const starts = Array.from({ length: count }, () => startNode(t, { ...options, database, network }))
  // Waits for all, even if one fails: a node that starts after the end of the test would never be closed.
  await Promise.allSettled(starts)
  return Promise.all(starts)
}
