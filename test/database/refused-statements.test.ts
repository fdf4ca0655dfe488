import t from 'tap'
import { readText, type Database } from '../../src/database/database.js'
import { isUniqueViolation } from '../../src/database/failures.js'
import { Prisma } from '../../src/generated/prisma/client.js'
import { addStore } from '../support/chat/accounts.js'
import { countConnections } from '../support/databases/connection-count.js'
import { createDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'
import { until } from '../../harness/until.js'

const REFUSALS = 200
/** So short that no connection of the pool stays idle for long, also on a busy machine. */
const ROUNDS = 4

const database = await createDatabase(t)
const store = await addStore(database)
const node = await startNode(t, { database })
const { db } = node.app

const duplicate = Prisma.sql`insert into store (id, name) values (${store.id}, 'again') returning name`
const invalid = Prisma.sql`select (1 / (${store.id} - ${store.id}::bigint))::text`
const refused: [string, (db: Database) => Promise<unknown>][] = [
  ['past Prisma', (db) => readText(db, duplicate)],
  ['by $queryRaw', (db) => db.prisma.$queryRaw(duplicate)],
  ['by $executeRaw', (db) => db.prisma.$executeRaw(invalid)],
  ["by Prisma's ordinary API", (db) => db.prisma.store.create({ data: { id: store.id, name: 'again' } })],
  ['in a transaction', (db) => db.prisma.$transaction((tx) => tx.$queryRaw(duplicate))],
]

for (const [how, run] of refused) {
  t.test(`${REFUSALS} statements that PostgreSQL refuses ${how} open no connection`, async (t) => {
    const opened = countConnections(t)
    for (let round = 0; round < ROUNDS; round++) {
      // The node's background work continues, on a connection that is open. The pool closes one after ten idle seconds.
      await Promise.all(Array.from({ length: 8 }, () => db.prisma.$queryRaw`select pg_sleep(0.05)::text`))
      const before = opened()
      let refusals = 0
      for (let count = 0; count < REFUSALS / ROUNDS; count++) await run(db).catch(() => refusals++)
      t.equal(refusals, REFUSALS / ROUNDS)
      t.equal(opened(), before)
    }
  })
}

t.test('a unique violation is told as one, however it was sent', async (t) => {
  for (const [how, run] of refused.filter(([how]) => how !== 'by $executeRaw')) {
    const error = await run(db).catch((error: unknown) => error)
    t.equal(isUniqueViolation(error), true, how)
  }
})

t.test('a prepared statement whose table has changed meanwhile works again by itself', async (t) => {
  const path = '/health/ready/'
  const read = Prisma.sql`select * from shifting`
  await database.query('create table shifting (one int)')
  await Promise.all(Array.from({ length: 10 }, () => db.prisma.$queryRaw(read)))
  await database.query('alter table shifting add two int')
  await until(async () => {
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => db.prisma.$queryRaw(read)))
    return results.every(({ status }) => status === 'fulfilled')
  }, 5000)
  t.equal((await node.get(path)).status, 200)
})
