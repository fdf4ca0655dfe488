import { readFile } from 'node:fs/promises'
import { Client } from 'pg'

/** Of Linux, everywhere that Node.js runs: USER_HZ. */
const MS_PER_TICK = 10
/** Fields of `proc_pid_stat(5)` behind the name, which may hold anything: user and system time. */
const [USER, SYSTEM] = [11, 12]

/** The CPU time of processes so far, in ms. It depends less than throughput does on what else the machine does. */
export async function readCpuMs(pids: number[]): Promise<number> {
  const times = await Promise.all(pids.map(readOne))
  return times.reduce((sum, time) => sum + time, 0)
}

/** Counts the CPU time of processes from now on, in ms. One that ends meanwhile, as a worker of autovacuum, does not count. */
export async function startCpuClock(pids: number[]): Promise<() => Promise<number>> {
  const before = await Promise.all(pids.map(readOne))
  return async () => {
    const after = await Promise.all(pids.map(readOne))
    return after.reduce((sum, time, place) => sum + Math.max(time - (before[place] ?? 0), 0), 0)
  }
}

async function readOne(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  if (stat === undefined) return 0
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER]) + Number(fields[SYSTEM])) * MS_PER_TICK
}

export interface DatabaseState {
  /** The processes of PostgreSQL: those of connections, and those in the background. */
  pids: number[]
  /** How many messages were stored so far. */
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
