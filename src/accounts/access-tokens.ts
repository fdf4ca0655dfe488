import { Type, type Static } from '@sinclair/typebox'
import { idOrNull } from '../database/sql.js'
import { Prisma, type AccessToken as TokenRow } from '../generated/prisma/client.js'
import type { Database, Transaction } from '../database/database.js'
import { conflict, invalidInput, notFound } from '../errors/request-error.js'
import type { Publisher } from '../events/publisher.js'
import { publishRevocation } from '../events/revocations.js'
import type { Side } from '../protocol/account.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { createToken, hashToken } from './tokens.js'

const Moment = (description?: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], description === undefined ? {} : { description })

export const AccessTokenSchema = Type.Object(
  {
    id: IdSchema,
    store_id: Type.Union([IdSchema, Type.Null()]),
    admin_id: Type.Union([IdSchema, Type.Null()]),
    created: Type.String({ format: 'date-time' }),
    expires_at: Moment(),
    revoked_at: Moment(),
    last_used_at: Moment('Accurate to a minute.'),
  },
  { title: 'AccessToken' },
)
export type AccessToken = Static<typeof AccessTokenSchema>

/** A token with its secret, which is shown only once, when it is issued. */
export type IssuedToken = AccessToken & { token: string }

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const LONGEST_LIFE_MS = 3650 * unitsMs.d
export const LifeSchema = Type.String({
  pattern: '^[1-9][0-9]{0,8}[smhd]$',
  description: 'A whole number with a unit: s, m, h or d; ten years at most.',
  examples: ['30d'],
})

/**
 * Issues a token for an account; only its SHA-256 is kept. `expires` is a life like `30d`.
 * @throws RequestError 404 when the account does not exist, 409 when it is switched off, 400 when the life is too long
 */
export async function issueToken(
  db: Database,
  owner: { side: Side; id: number },
  expires?: string,
): Promise<IssuedToken> {
  const expiresAt = expires === undefined ? null : readExpiry(expires)
  const token = createToken()
  const row = await db.prisma.$transaction(async (tx) => {
    await lockOwner(tx, owner)
    return tx.accessToken.create({
      data: {
        hash: Uint8Array.from(hashToken(token)),
        ...(owner.side === 'store' ? { storeId: owner.id } : { adminId: owner.id }),
        expiresAt,
      },
    })
  })
  return { ...toAccessToken(row), token }
}

/** Accounts are never deleted. Whoever switches one off or signs it out waits for this lock, and then finds the token. */
async function lockOwner(tx: Transaction, { side, id }: { side: Side; id: number }): Promise<void> {
  const [row] = await tx.$queryRaw<{ active: boolean }[]>(
    Prisma.sql`select active from ${Prisma.raw(side)} where id = ${id} for share`,
  )
  if (row === undefined) throw notFound(`There is no ${side} ${id}`)
  if (!row.active) throw conflict(`The ${side} ${id} is switched off`)
}

function readExpiry(life: string): Date {
  const lifeMs = Number(life.slice(0, -1)) * unitsMs[life.slice(-1) as keyof typeof unitsMs]
  if (!(lifeMs <= LONGEST_LIFE_MS)) throw invalidInput([{ field: 'expires', message: 'is ten years at most' }])
  return new Date(Date.now() + lifeMs)
}

export interface TokenFilter {
  store_id?: number
  admin_id?: number
  /** Page size. */
  limit?: number
  /** The last id of the page before. */
  after?: number
}

/** Lists tokens by id, without their secrets, of which only hashes are stored. */
export async function listTokens(db: Database, filter: TokenFilter): Promise<AccessToken[]> {
  const { store_id, admin_id, limit = 200, after = 0 } = filter
  const rows = await db.prisma.accessToken.findMany({
    where: {
      id: { gt: after },
      ...(store_id !== undefined && { storeId: store_id }),
      ...(admin_id !== undefined && { adminId: admin_id }),
    },
    orderBy: { id: 'asc' },
    take: limit,
  })
  return rows.map(toAccessToken)
}

/**
 * Revokes a token for good; a second time changes nothing. It stops working on every node within a second.
 * @throws RequestError 404 when there is no such token
 */
export async function revokeToken(db: Database, publisher: Publisher, id: number): Promise<AccessToken> {
  const rows = await db.prisma.$queryRaw<TokenRow[]>(Prisma.sql`
    update access_token set revoked_at = coalesce(revoked_at, clock_timestamp()) where id = ${id}
    returning id, hash, store_id as "storeId", admin_id as "adminId", created, expires_at as "expiresAt",
      revoked_at as "revokedAt", last_used_at as "lastUsedAt"`)
  const row = rows[0]
  if (row === undefined) throw notFound(`There is no token ${id}`)
  publishRevocation(publisher, id)
  return toAccessToken(row)
}

function toAccessToken(row: TokenRow): AccessToken {
  return {
    id: Number(row.id),
    store_id: idOrNull(row.storeId),
    admin_id: idOrNull(row.adminId),
    created: row.created.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
  }
}
