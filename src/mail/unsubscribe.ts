import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'

const KEY_BYTES = 32
const KEY_ROW = 1

/** Signs the addresses by which stores unsubscribe from mails, and acts on them. */
export interface Unsubscribing {
  /** The address for a store's mails to an address of mail. It opens nothing else. */
  createUrl(storeId: number, email: string): Promise<string>
  /** Whether a store wants no mails to its present address. */
  isUnsubscribed(storeId: number, email: string): Promise<boolean>
  /** Unsubscribes a store's present address. `invalid`: the signature is not of it. `repeated`: it was unsubscribed before. */
  unsubscribe(storeId: number, signature: string): Promise<'done' | 'repeated' | 'invalid'>
}

export const UNSUBSCRIBE_PATH = '/mail/unsubscribe/'

export function createUnsubscribing(db: Database, publicUrl: string): Unsubscribing {
  let key: Promise<Uint8Array> | undefined

  /** A failure to read it is not remembered. */
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
      const given = Buffer.from(signature, 'base64url')
      const expected = await sign(storeId, store?.email ?? '')
      if (store === null || given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid'
      const { count } = await db.prisma.mailUnsubscribe.createMany({
        data: [{ storeId, email: store.email }],
        skipDuplicates: true,
      })
      return count === 0 ? 'repeated' : 'done'
    },
  }
}

/** All nodes sign with one key, which the first of them makes. */
async function provideKey(db: Database): Promise<Uint8Array> {
  await db.prisma.$executeRaw(Prisma.sql`
    insert into mail_key (id, key) values (${KEY_ROW}, ${randomBytes(KEY_BYTES)}) on conflict (id) do nothing`)
  const { key } = await db.prisma.mailKey.findUniqueOrThrow({ where: { id: KEY_ROW } })
  return key
}
