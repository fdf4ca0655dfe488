/** The upper bound: node:http and pg, one prepared statement that builds the JSON, no authentication. */
import { createServer } from 'node:http'
import { Pool } from 'pg'

const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
const text = `
  select json_build_object('id', s.id, 'store_id', s.store_id, 'admin_id', s.admin_id, 'status', s.status,
    'last_message_at', s.last_message_at, 'created', s.created, 'updated', s.updated,
    'messages', (select coalesce(json_agg(json_build_object('id', m.id, 'session_id', m.session_id,
      'sender_type', m.sender_type, 'sender_id', m.sender_id, 'content', m.content, 'attachment_url', m.attachment_url,
      'attachment_type', m.attachment_type, 'status', 'sent', 'created', m.created) order by m.seq), '[]')
      from (select * from chat_message where session_id = s.id order by seq desc limit 200) m))::text as body
  from chat_session s where s.store_id = $1 and s.status <> 'closed'`

createServer((request, response) => {
  const store = request.headers['x-store']
  if (typeof store !== 'string') return void response.end()
  pool.query<{ body: string }>({ name: 'session', text, values: [store] }).then(
    ({ rows }) => {
      response.setHeader('content-type', 'application/json')
      response.end(rows[0]?.body)
    },
    (error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    },
  )
}).listen(Number(process.env['PORT']), '127.0.0.1')
