import { createHash, randomBytes } from 'node:crypto'
import type { AdminRole } from '../../../src/protocol/account.js'
import type { TestDatabase } from '../databases/database.js'

/** An account with a token, inserted directly into the database. */
export interface TestAccount {
  id: number
  token: string
  tokenId: number
}

export interface StoreFields {
  id?: number
  name?: string
  logo_url?: string
  email?: string
}

let accountCount = 0
const chooseId = () => 1000 + accountCount++

export async function addStore({ query }: TestDatabase, fields: StoreFields = {}): Promise<TestAccount> {
  const { id = chooseId(), name = `Store ${id}`, logo_url = '', email = '' } = fields
  await query('insert into store (id, name, logo_url, email) values ($1, $2, $3, $4)', [id, name, logo_url, email])
  return { id, ...(await addToken({ query }, { storeId: id })) }
}

export async function addAdmin(
  { query }: TestDatabase,
  fields: { id?: number; name?: string; role?: AdminRole } = {},
): Promise<TestAccount> {
  const { id = chooseId(), name = `Admin ${id}`, role = 'agent' } = fields
  await query('insert into admin (id, name, role) values ($1, $2, $3)', [id, name, role])
  return { id, ...(await addToken({ query }, { adminId: id })) }
}

export interface TokenFields {
  storeId?: number
  adminId?: number
  expiresAt?: Date
  revokedAt?: Date
}

export async function addToken(
  { query }: Pick<TestDatabase, 'query'>,
  { storeId, adminId, expiresAt, revokedAt }: TokenFields,
): Promise<{ token: string; tokenId: number }> {
  const token = `test_${randomBytes(16).toString('hex')}`
  const hash = createHash('sha256').update(token).digest()
  const rows = await query<{ id: string }>(
    `insert into access_token (hash, store_id, admin_id, expires_at, revoked_at) values ($1, $2, $3, $4, $5) returning id`,
    [hash, storeId, adminId, expiresAt, revokedAt],
  )
  return { token, tokenId: Number(rows[0]?.id) }
}
