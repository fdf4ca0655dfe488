/** The same product written the usual way: Fastify, Prisma, findFirst with include. No authentication either. */
import { PrismaPg } from '@prisma/adapter-pg'
import Fastify from 'fastify'
import { PrismaClient } from '../../../src/generated/prisma/client.js'

const db = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env['DATABASE_URL'] ?? '', max: 10 }) })
const app = Fastify()

const toJson = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item)))

app.get('/session', async (request) => {
  const session = await db.chatSession.findFirst({
    where: { storeId: BigInt(String(request.headers['x-store'])), status: { not: 'closed' } },
    include: { messages: { orderBy: { seq: 'desc' }, take: 200 } },
  })
  return toJson(session && { ...session, messages: session.messages.reverse() })
})

await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) })
