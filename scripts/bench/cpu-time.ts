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

async function readOne(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  if (stat === undefined) return 0
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER]) + Number(fields[SYSTEM])) * MS_PER_TICK
}

/** The processes of PostgreSQL that are there now: those of connections, and those in the background. */
export async function listDatabaseProcesses(databaseUrl: string): Promise<number[]> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>(
      'select pid from pg_stat_activity where pid <> pg_backend_pid()',
    )
    return rows.map(({ pid }) => pid)
  } finally {
    await client.end()
  }
}
