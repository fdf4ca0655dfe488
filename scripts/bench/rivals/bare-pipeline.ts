/** The upper bound: ws, one statement for each batch, PUBLISH, and ws again. No tokens, no checks, no idempotency. */
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'

interface Message {
  session: number
  content: string
}

const UNDER_WAY = 2
const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: UNDER_WAY })
const publisher = new Redis(process.env['REDIS_URL'] ?? '')
const subscriber = new Redis(process.env['REDIS_URL'] ?? '')
const bySession = new Map<number, Set<WebSocket>>()
let waiting: Message[] = []
let underWay = 0

const text = `
  with draft as (
    select * from rows from (json_to_recordset($1) as (session bigint, content text)) with ordinality as draft(session, content, place)
  ), locked as materialized (
    select id from chat_session where id in (select session from draft) order by id for update
  ), advanced as (
    update chat_session s set seq = s.seq + d.count, last_message_at = clock_timestamp(), updated = clock_timestamp()
    from (select session, count(*) as count from draft join locked on id = session group by session) d
    where s.id = d.session
    returning s.id, s.store_id, s.admin_id, s.seq - d.count as seq
  )
  insert into chat_message (session_id, seq, sender_type, sender_id, holder_id, content, attachment_url, attachment_type, created)
  select a.id, a.seq + row_number() over (partition by a.id order by d.place), 'store', a.store_id, a.admin_id, d.content,
    '', '', clock_timestamp()
  from draft d join advanced a on a.id = d.session
  returning session_id as session, json_build_object('id', id, 'session_id', session_id, 'sender_id', sender_id,
    'content', content, 'created', created, 'seq', seq)::text as json`

function flush(): void {
  if (waiting.length === 0 || underWay >= UNDER_WAY) return
  const messages = waiting
  waiting = []
  underWay++
  pool
    .query<{ session: string; json: string }>({ name: 'append', text, values: [JSON.stringify(messages)] })
    .then(({ rows }) => {
      for (const { session, json } of rows) void publisher.publish('message', `${session} ${json}`)
    })
    .catch((error: unknown) => console.error(error))
    .finally(() => {
      underWay--
      flush()
    })
}

await subscriber.subscribe('message')
subscriber.on('message', (_channel, line) => {
  const end = line.indexOf(' ')
  const json = line.slice(end + 1)
  for (const socket of bySession.get(Number(line.slice(0, end))) ?? []) socket.send(json)
})

const server = createServer((_request, response) => response.end())
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, request) => {
  const sessions = new URL(request.url ?? '/', 'http://localhost').searchParams.get('sessions') ?? ''
  for (const session of sessions.split(',').map(Number)) {
    bySession.set(session, (bySession.get(session) ?? new Set()).add(socket))
  }
  socket.on('message', (data: RawData) => {
    waiting.push(JSON.parse((data as Buffer).toString()) as Message)
    setImmediate(flush)
  })
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
