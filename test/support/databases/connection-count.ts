import pg from 'pg'
import type { Test } from 'tap'

/** Counts the connections to PostgreSQL that the nodes of this process open until the end of the test. */
export function countConnections(t: Test): () => number {
  let count = 0
  const { connect } = pg.Client.prototype as unknown as { connect: (...args: unknown[]) => unknown }
  const spy = function (this: { connectionParameters: { application_name?: string } }, ...args: unknown[]) {
    if (this.connectionParameters.application_name === 'store-chat') count++
    return connect.apply(this, args)
  }
  Object.assign(pg.Client.prototype, { connect: spy })
  t.teardown(() => Object.assign(pg.Client.prototype, { connect }))
  return () => count
}
