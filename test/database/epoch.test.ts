import t from 'tap'
import type { Statements } from '../../src/database/database.js'
import { findEpochExpressions } from '../../src/database/epoch.js'

const failure = (code: string) => Object.assign(new Error('of PostgreSQL'), { code })

/** A database whose role or service forbids what the statement names. */
const refuse = (forbidden: RegExp, code: string) =>
  ({
    $queryRaw: async ({ sql }: { sql: string }) => {
      if (forbidden.test(sql)) throw failure(code)
      return []
    },
  }) as unknown as Statements

for (const [what, code] of [
  ['lacks', '0A000'],
  ['forbids', '42501'],
  ['does not know', '42883'],
] as const) {
  t.test(`where the service ${what} the write-ahead log's functions, the epoch does without`, async (t) => {
    const { epoch } = await findEpochExpressions(refuse(/pg_current_wal_lsn/, code))
    t.notMatch(epoch, 'pg_current_wal_lsn')
    t.match(epoch, 'pg_control_system')
  })
}

t.test('a database that is away is no reason for a weaker epoch', async (t) => {
  await t.rejects(findEpochExpressions(refuse(/select/, '57P03')), { code: '57P03' })
})
