import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { issueToken } from '../accounts/access-tokens.js'
import { createAdmin, createStore } from '../accounts/accounts.js'
import { openDatabase, type DatabaseOptions } from '../database/database.js'

/** Tokens of the demo store and the demo admin. */
export interface Demo {
  storeToken: string
  adminToken: string
}

/**
 * Creates a demo store and a demo admin in an empty database. Their tokens are kept beside the data, in a file that only
 * its owner can read, so that the next start can print them again. Returns undefined when there is no demo.
 */
export async function prepareDemo(dataFolder: string, options: DatabaseOptions): Promise<Demo | undefined> {
  const file = join(dataFolder, 'demo.json')
  const { db, close } = openDatabase(options)
  try {
    const isEmpty = (await db.store.count()) + (await db.admin.count()) === 0
    if (isEmpty) {
      const store = await createStore(db, { name: 'Demo Store', email: 'store@example.com' })
      const admin = await createAdmin(db, { name: 'Demo Admin' })
      const { token: storeToken } = await issueToken(db, { side: 'store', id: store.id })
      const { token: adminToken } = await issueToken(db, { side: 'admin', id: admin.id })
      await writeFile(file, JSON.stringify({ storeToken, adminToken }), { mode: 0o600 })
    }
    return await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as Demo,
      () => undefined,
    )
  } finally {
    await close()
  }
}
