import type { Static, TSchema } from '@sinclair/typebox'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import { batchReads } from '../database/batch.js'
import { epochMs } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import type { JwtIdentity } from '../jwt/verify-jwt.js'
import type { AccessChange } from '../events/events.js'
import { createCheck } from '../http/validation.js'
import type { Side, AdminRole } from '../protocol/account.js'
import { StoreInputSchema } from './accounts.js'
import { isValid } from './credentials.js'

/** What there is to know of an account whose JWT is looked at. */
export interface KnownAccount extends Pick<AccessChange, 'isActive' | 'signedOutAt'> {
  side: Side
  id: number
  role: AdminRole | null
  name: string
  logo_url: string
  email: string
  /** When the profile was set, in ms since the epoch. */
  profileAt: number | null
}

/** The accounts that JWTs name. */
export interface Accounts {
  /** Undefined where there is no such account. Concurrent reads share a statement. */
  read(account: { side: Side; id: number }): Promise<KnownAccount | undefined>
  /**
   * The account of a JWT. One that does not exist is made from the claims, once, however many ask; a profile follows the
   * claims of the JWT that was issued last. It is written only when it changes. Undefined where the account was deleted
   * meanwhile.
   */
  provide(identity: JwtIdentity): Promise<KnownAccount | undefined>
}

const columnsOf = (side: Side) =>
  defineColumns<KnownAccount>({
    side: `'${side}'::text`,
    id: 'id',
    isActive: 'active',
    role: side === 'admin' ? 'role' : 'null::text',
    signedOutAt: epochMs('signed_out_at'),
    name: 'name',
    logo_url: side === 'store' ? 'logo_url' : `''::text`,
    email: side === 'store' ? 'email' : `''::text`,
    profileAt: epochMs('profile_at'),
  })
const columns = { store: columnsOf('store'), admin: columnsOf('admin') }

export function openAccounts(db: Database): Accounts {
  const readBySide = (side: Side) =>
    batchReads(async (ids: number[]) => {
      const table = Prisma.raw(side)
      const rows = await columns[side].read(
        db,
        Prisma.sql`${columns[side].select} from ${table} where id = any(${ids}::bigint[])`,
      )
      return new Map(rows.map((row) => [row.id, row]))
    })
  const readers = { store: readBySide('store'), admin: readBySide('admin') }
  const read: Accounts['read'] = ({ side, id }) => readers[side](id)

  return {
    read,
    async provide(identity) {
      const known = await read(identity)
      const profile = readProfile(identity.claims)
      if (known && !(isValid(identity, known) && isNews(known, profile, identity.issuedAt))) return known
      await writeProfile(db, identity, profile)
      return read(identity)
    },
  }
}

interface Profile {
  name?: string | undefined
  logo_url?: string | undefined
  email?: string | undefined
}

const fields = StoreInputSchema.properties
const checks = {
  name: createOptionalCheck(fields.name),
  logo_url: createOptionalCheck(fields.logo_url),
  email: createOptionalCheck(fields.email),
}

/** A claim that is no valid value counts as left out: nobody is kept out for the sake of a name. */
const readProfile = ({ name, logo_url, email }: JwtIdentity['claims']): Profile => ({
  name: checks.name(name),
  logo_url: checks.logo_url(logo_url),
  email: checks.email(email),
})

function createOptionalCheck<S extends TSchema>(schema: S): (value: unknown) => Static<S> | undefined {
  const check = createCheck(schema)
  return (value) => {
    try {
      return check(value)
    } catch {
      return undefined
    }
  }
}

/** `iat` counts whole seconds, so within one second the JWT wins. */
const floorToSecond = (ms: number) => Math.floor(ms / 1000) * 1000

function isNews(known: KnownAccount, { name, logo_url, email }: Profile, issuedAt: number): boolean {
  if (issuedAt < floorToSecond(known.profileAt ?? 0)) return false
  const isOther =
    known.side === 'store' &&
    ((logo_url ?? known.logo_url) !== known.logo_url || (email ?? known.email) !== known.email)
  return isOther || (name ?? known.name) !== known.name
}

/** What the claims leave out stays as it is. A JWT that does not say when it was issued changes no profile. */
async function writeProfile(db: Database, { side, id, issuedAt }: JwtIdentity, profile: Profile): Promise<void> {
  const { name = null, logo_url = null, email = null } = profile
  const firstName = name ?? `${side === 'store' ? 'Store' : 'Admin'} ${id}`
  const profileAt = issuedAt === -Infinity ? null : new Date(issuedAt)
  const isNewer = Prisma.sql`excluded.profile_at >= date_trunc('second', coalesce(known.profile_at, '-infinity'))`
  if (side === 'store') {
    await db.prisma.$executeRaw(Prisma.sql`
      insert into store as known (id, name, logo_url, email, profile_at)
      values (${id}, ${firstName}, ${logo_url ?? ''}, ${email ?? ''}, ${profileAt})
      on conflict (id) do update set name = coalesce(${name}, known.name),
        logo_url = coalesce(${logo_url}, known.logo_url), email = coalesce(${email}, known.email),
        profile_at = excluded.profile_at
      where ${isNewer}`)
  } else {
    // What happened before does not concern a new admin.
    await db.prisma.$executeRaw(Prisma.sql`
      insert into admin as known (id, name, profile_at, notifications_read_up_to)
      values (${id}, ${firstName}, ${profileAt}, coalesce((select max(id) from chat_message), 0))
      on conflict (id) do update set name = coalesce(${name}, known.name), profile_at = excluded.profile_at
      where ${isNewer}`)
  }
}
