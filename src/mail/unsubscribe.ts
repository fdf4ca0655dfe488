import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { readMailAddress } from './mail-address.js'

const KEY_BYTES = 32
const KEY_ROW = 1

/** Creates the signed URLs by which stores unsubscribe from mails, and handles their requests. */
export interface Unsubscribing {
  /** Creates the URL that stops a store's mails to an e-mail address. It gives no other access. */
  createUrl(storeId: number, email: string): Promise<string>
  /** Whether a store has unsubscribed this e-mail address. */
  isUnsubscribed(storeId: number, email: string): Promise<boolean>
  /**
   * Unsubscribes a store's current e-mail address. `invalid`: the signature does not match it. `repeated`: it was
   * already unsubscribed.
   */
  unsubscribe(storeId: number, signature: string): Promise<'done' | 'repeated' | 'invalid'>
}

export const UNSUBSCRIBE_PATH = '/mail/unsubscribe/'

export function createUnsubscribing(db: Database, publicUrl: string): Unsubscribing {
  let key: Promise<Uint8Array> | undefined

  /** A failure to read the key is not cached. */
  async function sign(storeId: number, email: string): Promise<Buffer> {
    key ??= provideKey(db)
    const bytes = await key.catch((error: unknown) => {
      key = undefined
      throw error
    })
    return createHmac('sha256', bytes).update(`unsubscribe:${storeId}:${email}`).digest()
  }

  return {
    async createUrl(storeId, email) {
      const signature = (await sign(storeId, email)).toString('base64url')
      return `${publicUrl}${UNSUBSCRIBE_PATH}?store=${storeId}&signature=${signature}`
    },
    async isUnsubscribed(storeId, email) {
      return (await db.prisma.mailUnsubscribe.count({ where: { storeId, email } })) > 0
    },
    async unsubscribe(storeId, signature) {
      const store = await db.prisma.store.findUnique({ where: { id: storeId }, select: { email: true } })
      const email = readMailAddress(store?.email ?? '')
      if (email === undefined) return 'invalid'
      const given = Buffer.from(signature, 'base64url')
      const expected = await sign(storeId, email)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid'
      const { count } = await db.prisma.mailUnsubscribe.createMany({
        data: [{ storeId, email }],
        skipDuplicates: true,
      })
      return count === 0 ? 'repeated' : 'done'
    },
  }
}

/** Reads the key that all nodes sign with. The first node creates it. */
async function provideKey(db: Database): Promise<Uint8Array> {
  await db.prisma.$executeRaw(Prisma.sql`
    insert into mail_key (id, key) values (${KEY_ROW}, ${randomBytes(KEY_BYTES)}) on conflict (id) do nothing`)
  const { key } = await db.prisma.mailKey.findUniqueOrThrow({ where: { id: KEY_ROW } })
  return key
}
