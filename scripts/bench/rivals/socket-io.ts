/** The usual way: Socket.IO with its Redis adapter, and a Prisma create for each message. No authentication. */
import { PrismaPg } from '@prisma/adapter-pg'
import { createAdapter } from '@socket.io/redis-adapter'
import { Redis } from 'ioredis'
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { PrismaClient } from '../../../src/generated/prisma/client.js'

const db = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env['DATABASE_URL'] ?? '', max: 10 }) })
const redis = new Redis(process.env['REDIS_URL'] ?? '')
const server = createServer((_request, response) => response.end())
const io = new Server(server, {
  transports: ['websocket'],
  perMessageDeflate: false,
  adapter: createAdapter(redis, redis.duplicate()),
})
// A number that is unique in its session. This server does not order messages, so the clock is enough.
let seq = Date.now() * 1000

io.on('connection', (socket) => {
  const { sessions, broadcast } = socket.handshake.query
  for (const session of String(sessions ?? '').split(',')) void socket.join(`session:${session}`)
  if (broadcast !== undefined) void socket.join('admins')
  socket.on('message', (message: { session: number; content: string }) => {
    store(message).catch((error: unknown) => console.error(error))
  })
})

async function store({ session, content }: { session: number; content: string }): Promise<void> {
  const message = await db.chatMessage.create({
    data: {
      sessionId: BigInt(session),
      seq: BigInt(seq++),
      senderType: 'store',
      senderId: BigInt(session),
      content,
      attachmentUrl: '',
      attachmentType: '',
      created: new Date(),
    },
  })
  const json = JSON.parse(
    JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  ) as object
  io.to(`session:${session}`).to('admins').emit('message', json)
}

server.listen(Number(process.env['PORT']), '127.0.0.1', 65_535)
