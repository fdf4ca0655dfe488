import t from 'tap'
import { routeThroughPooler } from '../support/databases/pooler.js'

/** Runs the races and the short fault with a PgBouncer that pools transactions between nodes and PostgreSQL. */
if (await routeThroughPooler(t, 'transaction')) {
  await import('../sessions/session-race.test.js')
  await import('../messages/send-race.test.js')
  await import('../faults/short.test.js')
}
