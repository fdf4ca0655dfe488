import { parseArgs } from 'node:util'
import { Type, type TObject } from '@sinclair/typebox'
import { readConfig, type Config } from '../config/config.js'
import { openDatabase, type Database } from '../database/database.js'
import { readInstallation } from '../database/installation.js'
import { migrateDatabase } from '../database/startup/migrate.js'
import { prepareDatabase } from '../database/startup/prepare-database.js'
import { printError } from '../errors/describe-error.js'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../embedded/embedded-postgres.js'
import { RequestError } from '../errors/request-error.js'
import { openPubSub } from '../pubsub/open-pubsub.js'
import { readMailAddress } from '../mail/mail-address.js'
import type { PubSub } from '../pubsub/pubsub.js'
import { StartupError } from '../errors/startup-error.js'
import { readText } from '../http/validation.js'
import { issueToken, LifeSchema, listTokens, revokeToken } from '../accounts/access-tokens.js'
import { AdminInputSchema, createAdmin, createStore, StoreInputSchema } from '../accounts/accounts.js'
import { getAdmin, getStore } from '../platform/list-accounts.js'
import { signOut, switchAccount } from '../platform/switch-account.js'
import { AdminRoleSchema } from '../protocol/schemas/accounts.js'
import type { AdminRole } from '../protocol/account.js'
import { IdSchema } from '../protocol/schemas/id.js'

export const usage = `Usage: npm run --silent account -- <command>
  store create --name <name> [--id <id>] [--email <address>] [--logo-url <url>] [--expires <life>]
  admin create --name <name> [--id <id>] [--role agent|supervisor] [--expires <life>]
  account update   (--store <id> | --admin <id>) [--active true|false] [--role agent|supervisor]
  account sign-out (--store <id> | --admin <id>)
  token issue  (--store <id> | --admin <id>) [--expires <life>]
  token list   [--store <id>] [--admin <id>]
  token revoke <token id>
A <life> is a number with a unit: 90s, 30m, 12h, 30d. Each command prints one JSON object.`

interface Command {
  options: TObject
  run(services: { db: Database; pubsub: PubSub }, options: never): Promise<object>
}

function command<S extends TObject>(
  options: S,
  run: (services: { db: Database; pubsub: PubSub }, options: S['static']) => Promise<object>,
): Command {
  return { options, run }
}

const role = Type.Optional(AdminRoleSchema)
const expires = Type.Optional(LifeSchema)
const id = Type.Optional(IdSchema)
const owner = { store: Type.Optional(IdSchema), admin: Type.Optional(IdSchema) }

const commands: Record<string, Command> = {
  'store create': command(Type.Object({ ...StoreInputSchema.properties, id, expires }), async ({ db }, options) => {
    const { expires, ...input } = options
    const store = await createStore(db, input)
    if (store.email !== '' && readMailAddress(store.email) === undefined) {
      console.error('email: is not an e-mail address, so the store gets no mail')
    }
    const { token, id: tokenId } = await issueToken(db, { side: 'store', id: store.id }, expires)
    return { store, token, token_id: tokenId }
  }),
  'admin create': command(
    Type.Object({ ...AdminInputSchema.properties, id, role, expires }),
    async ({ db }, options) => {
      const { expires, ...input } = options
      const admin = await createAdmin(db, input)
      const { token, id: tokenId } = await issueToken(db, { side: 'admin', id: admin.id }, expires)
      return { admin, token, token_id: tokenId }
    },
  ),
  'account update': command(Type.Object({ ...owner, role, active: Type.Optional(Type.Boolean()) }), updateAccount),
  'account sign-out': command(Type.Object(owner), async (services, options) => {
    const account = requireOwner('account sign-out', options)
    await signOut(services, account)
    return { [account.side]: account.id, signed_out: true }
  }),
  'token issue': command(Type.Object({ ...owner, expires }), async ({ db }, { expires, ...options }) =>
    issueToken(db, requireOwner('token issue', options), expires),
  ),
  'token list': command(Type.Object(owner), async ({ db }, { store, admin }) => {
    return { tokens: await listAllTokens(db, { ...(store && { store_id: store }), ...(admin && { admin_id: admin }) }) }
  }),
  'token revoke': command(Type.Object({ 'token id': IdSchema }), async ({ db, pubsub }, options) => {
    return revokeToken(db, pubsub, options['token id'])
  }),
}

/** What a command has started, and an interrupt must stop. */
export interface Started {
  embedded?: ReturnType<typeof startEmbeddedPostgres>
}

/**
 * Runs one command on the configured database, or on the embedded one. `print` is called with its result before anything is
 * closed: a token that is not shown is lost.
 * @throws an error that `explain` puts into words
 */
export async function runCommand(
  words: string[],
  environment: Record<string, string | undefined>,
  print: (result: object) => void,
  started: Started = {},
): Promise<void> {
  const { run, options } = readCommand(words)
  const config = readConfig(environment)
  const database = await findDatabase(config, started)
  const { db, close } = openDatabase({ ...config, databaseUrl: database.url })
  const pubsub = openPubSub(config, await readInstallation(db), () => undefined)
  try {
    print(await run({ db, pubsub }, options as never))
  } finally {
    await close()
    await pubsub.close()
    await database.close()
  }
}

function readCommand(args: string[]) {
  const names = ['name', 'id', 'email', 'logo-url', 'expires', 'store', 'admin', 'role', 'active']
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  })
  const [noun, verb, tokenId, ...rest] = positionals
  const found = commands[`${noun} ${verb}`]
  if (found === undefined || rest.length > 0) throw new StartupError(usage)
  const given = Object.entries({ ...values, ...(tokenId !== undefined && { 'token id': tokenId }) })
  const fields = Object.fromEntries(given.map(([name, value]) => [name.replace('-', '_'), value]))
  const unknown = Object.keys(fields).find((name) => !(name in found.options.properties))
  if (unknown !== undefined) throw new StartupError(`${noun} ${verb} does not take ${unknown}\n${usage}`)
  const { value, errors } = readText(found.options, fields)
  if (errors !== undefined) {
    throw new StartupError(`${errors.map(({ field, message }) => `${field}: ${message}`).join('\n')}\n${usage}`)
  }
  return { run: found.run, options: value }
}

/** Finds the configured database, or the embedded one: that of the running instance, or one started for this command. */
async function findDatabase(config: Config, started: Started) {
  const { databaseUrl, dataFolder } = config
  const elsewhere = databaseUrl ?? (await findEmbeddedPostgres(dataFolder))
  if (elsewhere === undefined) {
    started.embedded = startEmbeddedPostgres(dataFolder)
    const embedded = await started.embedded
    await migrateDatabase(embedded.url)
    return embedded
  }
  await prepareDatabase({ ...config, databaseUrl: elsewhere }, console.error)
  return { url: elsewhere, close: async () => undefined }
}

function requireOwner(command: string, { store, admin }: { store?: number; admin?: number }) {
  if (store !== undefined && admin === undefined) return { side: 'store' as const, id: store }
  if (admin !== undefined && store === undefined) return { side: 'admin' as const, id: admin }
  throw new StartupError(`${command} needs --store or --admin, and only one of them`)
}

async function updateAccount(
  { db, pubsub }: { db: Database; pubsub: PubSub },
  { role, active, ...options }: { store?: number; admin?: number; role?: AdminRole; active?: boolean },
): Promise<object> {
  const account = requireOwner('account update', options)
  if (role !== undefined && account.side === 'store') throw new StartupError('A store has no role')
  const access = { ...(role && { role }), ...(active !== undefined && { active }) }
  const publish = await db.prisma.$transaction((tx) => switchAccount(tx, account, access))
  publish(pubsub)
  return account.side === 'store'
    ? { store: await getStore(db, account.id) }
    : { admin: await getAdmin(db, account.id) }
}

async function listAllTokens(db: Database, filter: { store_id?: number; admin_id?: number }) {
  const all = await listTokens(db, filter)
  for (let page = all; page.length > 0; all.push(...page)) {
    page = await listTokens(db, { ...filter, after: all[all.length - 1]?.id ?? 0 })
  }
  return all
}

/** The words for an error of a command: what to change, or the usage. */
export function explain(error: unknown): string {
  if (error instanceof RequestError) {
    return [error.message, ...(error.fields ?? []).map(({ field, message }) => `${field} ${message}`)].join(': ')
  }
  if (error instanceof StartupError) return error.message
  const isUsage = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
  return isUsage ? `${(error as Error).message}\n${usage}` : printError(error)
}
