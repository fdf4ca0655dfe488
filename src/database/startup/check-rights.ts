import type { Client } from 'pg'
import { StartupError } from '../../errors/startup-error.js'
import type { ConnectionTarget } from '../connection-pool.js'
import { readMigrations } from './migrate.js'

/** Tables whose `delete` privilege is checked. */
const emptiedTables = [
  ...['chat_node', 'online', 'notification_mark', 'notification_session_mark', 'chat_file'],
  ...['webhook', 'webhook_session', 'webhook_delivery', 'chat_session_tag', 'chat_note', 'canned_reply'],
  ...['chat_message_search', 'chat_search_term', 'unread_event', 'unread_mail', 'unread_reminder'],
]

/** Functions that statements of the service call. Trigger functions need no privilege. */
const calledFunctions = ['read_session_details', 'message_terms', 'message_terms_long']

/**
 * Checks that the role has the privileges that the service needs, because another role may own the tables.
 * @throws StartupError that names a missing privilege
 */
export async function checkRights(client: Client, { address }: ConnectionTarget): Promise<void> {
  const tables = [...(await readTableNames()), '_prisma_migrations']
  const { rows } = await client.query<{ role: string; right: string }>(
    `select current_user as role, missing."right" from (
       select format('usage on schema %I', n.nspname) as "right", 0 as place
       from pg_namespace n where n.nspname = $1 and not has_schema_privilege(n.oid, 'usage')
       union all
       select format('%s on table %I', wanted, c.relname), 1
       from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = $1
       cross join unnest(array['select', 'insert', 'update', 'delete']) wanted
       where c.relkind = 'r' and c.relname = any($2) and (wanted = 'select' or c.relname <> '_prisma_migrations')
         and (wanted <> 'delete' or c.relname = any($3))
         and has_schema_privilege(n.oid, 'usage') and not has_table_privilege(c.oid, wanted)
       union all
       select format('usage on sequence %I', s.relname), 2
       from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = $1
       join pg_depend d on d.refobjid = c.oid and d.deptype in ('a', 'i') and d.classid = 'pg_class'::regclass
       join pg_class s on s.oid = d.objid
       where c.relname = any($2) and case s.relkind when 'S' then not has_sequence_privilege(s.oid, 'usage, update') end
       union all
       select format('execute on function %I', p.proname), 3
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname = $1
       where p.proname = any($4) and not has_function_privilege(p.oid, 'execute')
     ) missing order by missing.place limit 1`,
    [address.schema, tables, emptiedTables, calledFunctions],
  )
  const missing = rows[0]
  if (missing) throw new StartupError(`The role ${missing.role} lacks a right: ${missing.right}`)
}

async function readTableNames(): Promise<string[]> {
  const { migrationDirectories } = await readMigrations()
  return migrationDirectories.flatMap(({ migrationFile: { content } }) =>
    content.tag === 'ok' ? [...content.value.matchAll(/CREATE TABLE "(\w+)"/g)].map(([, name = '']) => name) : [],
  )
}
