import type { Test } from 'tap'
import { until } from '../../../harness/until.js'
import type { TestDatabase } from './database.js'

const DEADLINE_MS = 20_000

/** Waits until a standby has replayed all that its primary has written so far. */
export async function waitForReplay(primary: TestDatabase, standby: TestDatabase): Promise<void> {
  const [row] = await primary.query<{ lsn: string }>('select pg_current_wal_lsn() as lsn')
  await until(
    async () => (await standby.query('select where pg_last_wal_replay_lsn() >= $1::pg_lsn', [row?.lsn])).length > 0,
    DEADLINE_MS,
    'the standby has replayed everything',
  )
}

/** Keeps a standby at the present state of its primary until the end of the test. */
export async function pauseReplay(t: Test, primary: TestDatabase, standby: TestDatabase): Promise<void> {
  await waitForReplay(primary, standby)
  await standby.query('select pg_wal_replay_pause()')
  t.teardown(() => standby.query('select pg_wal_replay_resume()'))
  await until(
    async () => (await standby.query(`select where pg_get_wal_replay_pause_state() = 'paused'`)).length > 0,
    DEADLINE_MS,
    'the replay is paused',
  )
}
