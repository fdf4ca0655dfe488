import t from 'tap'
import { routeThroughPooler } from '../support/databases/pooler.js'

/**
 * Runs the send race with a PgBouncer that pools sessions between nodes and PostgreSQL. A node still has its own server
 * connections; only how they are opened and how they break is different.
 */
if (await routeThroughPooler(t, 'session')) await import('../messages/send-race.test.js')
