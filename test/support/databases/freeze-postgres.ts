import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import type { TestDatabase } from './database.js'

/**
 * Suspends all processes of a PostgreSQL server; its connections stay open. Returns a function that resumes them, which
 * also happens at the end of the test.
 */
export async function freezePostgres(t: Test, { query }: TestDatabase): Promise<() => void> {
  const rows = await query<{ pid: number }>('select pid from pg_stat_activity')
  const backends = rows.map(({ pid }) => pid)
  const pids = [parentOf(backends[0] ?? 0), ...backends]
  let isFrozen = true
  for (const pid of pids) signal(pid, 'SIGSTOP')
  const thaw = () => {
    if (isFrozen) for (const pid of pids) signal(pid, 'SIGCONT')
    isFrozen = false
  }
  t.teardown(thaw)
  return thaw
}

/** The backend may have ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The postmaster is the parent of all others. */
const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
