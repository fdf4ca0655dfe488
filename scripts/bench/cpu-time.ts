import { readFile } from 'node:fs/promises'
import { Client } from 'pg'

/** USER_HZ is 100 on every Linux that Node.js supports. */
const MS_PER_TICK = 10
/**
 * Indexes of user and system time among the fields of `proc_pid_stat(5)` that follow the name. The name may contain any
 * character.
 */
const [USER, SYSTEM] = [11, 12]

/** Returns the CPU time of processes so far, in ms. It depends less than throughput on what else the machine does. */
export async function readCpuMs(pids: number[]): Promise<number> {
  const times = await Promise.all(pids.map(readOne))
  return times.reduce((sum, time) => sum + time, 0)
}

/**
 * Measures the CPU time of processes from now on, in ms. A process that ends meanwhile, such as a worker of autovacuum,
 * is not counted.
 */
export async function startCpuClock(pids: number[]): Promise<() => Promise<number>> {
  const before = await Promise.all(pids.map(readOne))
  return async () => {
    const after = await Promise.all(pids.map(readOne))
    return after.reduce((sum, time, index) => sum + Math.max(time - (before[index] ?? 0), 0), 0)
  }
}

async function readOne(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  if (stat === undefined) return 0
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER]) + Number(fields[SYSTEM])) * MS_PER_TICK
}

export interface DatabaseState {
  /** Processes of PostgreSQL: those of connections and background processes. */
  pids: number[]
  /** Number of stored messages. */
  messages: number
}

export async function readDatabaseState(databaseUrl: string): Promise<DatabaseState> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<DatabaseState>(
      `select array(select pid from pg_stat_activity where pid <> pg_backend_pid()) as pids,
         (select count(*)::int from chat_message) as messages`,
    )
    return rows[0] ?? { pids: [], messages: 0 }
  } finally {
    await client.end()
  }
}
