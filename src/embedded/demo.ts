import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { issueToken } from '../accounts/access-tokens.js'
import { createAdmin, createStore } from '../accounts/accounts.js'
import { hashToken } from '../accounts/tokens.js'
import { openDatabase, type Database, type DatabaseOptions } from '../database/database.js'
import { RequestError } from '../errors/request-error.js'

/** Tokens of the demo's accounts. One is absent when its account is switched off, or of another database. */
export interface Demo {
  storeToken?: string
  adminToken?: string
  /** Also absent in a demo that was created by an earlier version. */
  supervisorToken?: string
}

const cannedReplies = [
  { shortcut: 'hello', content: 'Hello {{store.name}}, this is {{admin.name}}. How can I help you?' },
  { shortcut: 'moment', content: 'One moment please, I am looking into it.' },
]

/**
 * Creates a demo store, a demo admin, a demo supervisor and shared canned replies in an empty database. The tokens are
 * stored in the data folder, in a file that only its owner can read, so that the next start can print them again. Those that
 * are revoked or have expired meanwhile are replaced.
 */
export async function prepareDemo(dataFolder: string, options: DatabaseOptions): Promise<Demo> {
  const file = join(dataFolder, 'demo.json')
  const { db, close } = openDatabase(options)
  try {
    const isEmpty = (await db.prisma.store.count()) + (await db.prisma.admin.count()) === 0
    const stored = isEmpty ? await createDemo(db) : await readDemo(file)
    const valid = isEmpty ? stored : await renewTokens(db, stored)
    if (isEmpty || Object.values(valid).some((token) => !Object.values(stored).includes(token))) {
      // The token of an account that is switched off is kept: it tells whose the next one is.
      await writeDemo(file, { ...stored, ...valid })
    }
    return valid
  } finally {
    await close()
  }
}

async function createDemo(db: Database): Promise<Demo> {
  const store = await createStore(db, { name: 'Demo Store', email: 'store@example.com' })
  const admin = await createAdmin(db, { name: 'Demo Admin' })
  const supervisor = await createAdmin(db, { name: 'Demo Supervisor', role: 'supervisor' })
  const { token: storeToken } = await issueToken(db, { side: 'store', id: store.id })
  const { token: adminToken } = await issueToken(db, { side: 'admin', id: admin.id })
  const { token: supervisorToken } = await issueToken(db, { side: 'admin', id: supervisor.id })
  await db.prisma.cannedReply.createMany({ data: cannedReplies })
  return { storeToken, adminToken, supervisorToken }
}

/** A file that is missing or broken is that of no demo. */
async function readDemo(file: string): Promise<Demo> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Demo
  } catch {
    return {}
  }
}

async function writeDemo(file: string, demo: Demo): Promise<void> {
  const draft = `${file}.new`
  await writeFile(draft, JSON.stringify(demo), { mode: 0o600 })
  await rename(draft, file)
}

async function renewTokens(db: Database, demo: Demo): Promise<Demo> {
  const renewed: Demo = {}
  for (const name of ['storeToken', 'adminToken', 'supervisorToken'] as const) {
    const token = demo[name] === undefined ? undefined : await renewToken(db, demo[name])
    if (token !== undefined) renewed[name] = token
  }
  return renewed
}

/** Returns a token that is valid, the given one or another of its account; undefined when there can be none. */
async function renewToken(db: Database, token: string): Promise<string | undefined> {
  const row = await db.prisma.accessToken.findUnique({ where: { hash: Uint8Array.from(hashToken(token)) } })
  if (row === null) return undefined
  // Switching an account off revokes its tokens.
  if (row.revokedAt === null && (row.expiresAt === null || row.expiresAt > new Date())) return token
  const owner =
    row.storeId === null
      ? { side: 'admin' as const, id: Number(row.adminId) }
      : { side: 'store' as const, id: Number(row.storeId) }
  try {
    return (await issueToken(db, owner)).token
  } catch (error) {
    if (error instanceof RequestError) return undefined
    throw error
  }
}
