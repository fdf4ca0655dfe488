import t from 'tap'
import { routeThroughPooler } from '../support/databases/pooler.js'

/**
 * The send race runs once more, with a PgBouncer that pools sessions between nodes and PostgreSQL. A node then has a server
 * connection to itself as it has without a pooler: what is new is how that connection is made, and how it breaks.
 */
if (await routeThroughPooler(t, 'session')) await import('../messages/send-race.test.js')
