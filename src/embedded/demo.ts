import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { issueToken } from '../accounts/access-tokens.js'
import { createAdmin, createStore } from '../accounts/accounts.js'
import { openDatabase, type DatabaseOptions } from '../database/database.js'

/** Tokens of the demo's accounts. */
export interface Demo {
  storeToken: string
  adminToken: string
  /** Absent in a demo that was created by an earlier version. */
  supervisorToken?: string
}

const cannedReplies = [
  { shortcut: 'hello', content: 'Hello {{store.name}}, this is {{admin.name}}. How can I help you?' },
  { shortcut: 'moment', content: 'One moment please, I am looking into it.' },
]

/**
 * Creates a demo store, a demo admin, a demo supervisor and shared canned replies in an empty database. The tokens are
 * stored in the data folder, in a file that only its owner can read, so that the next start can print them again.
 * Returns undefined when there is no demo.
 */
export async function prepareDemo(dataFolder: string, options: DatabaseOptions): Promise<Demo | undefined> {
  const file = join(dataFolder, 'demo.json')
  const { db, close } = openDatabase(options)
  try {
    const isEmpty = (await db.prisma.store.count()) + (await db.prisma.admin.count()) === 0
    if (isEmpty) {
      const store = await createStore(db, { name: 'Demo Store', email: 'store@example.com' })
      const admin = await createAdmin(db, { name: 'Demo Admin' })
      const supervisor = await createAdmin(db, { name: 'Demo Supervisor', role: 'supervisor' })
      const { token: storeToken } = await issueToken(db, { side: 'store', id: store.id })
      const { token: adminToken } = await issueToken(db, { side: 'admin', id: admin.id })
      const { token: supervisorToken } = await issueToken(db, { side: 'admin', id: supervisor.id })
      await db.prisma.cannedReply.createMany({ data: cannedReplies })
      const demo: Demo = { storeToken, adminToken, supervisorToken }
      await writeFile(file, JSON.stringify(demo), { mode: 0o600 })
    }
    return await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as Demo,
      () => undefined,
    )
  } finally {
    await close()
  }
}
