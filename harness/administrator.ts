import { Client } from 'pg'

/** Runs one statement on a cluster with its administrator's rights, outside of any transaction. */
export async function runAsAdministrator(databaseUrl: string, sql: string): Promise<void> {
  const client = new Client(databaseUrl)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
