import { Client } from 'pg'

/** Runs one statement as the cluster's administrator, outside of a transaction. */
export async function runAsAdministrator(databaseUrl: string, sql: string): Promise<void> {
  const client = new Client(databaseUrl)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
