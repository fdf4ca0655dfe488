import { Client } from 'pg'
import { StartupError } from '../errors/startup-error.js'

/** The address of a database, from its URL. */
export interface DatabaseAddress {
  /** The URL with only the parameters that `pg` reads. It contains the password. */
  connectionString: string
  /** The schema of the tables, from `?schema=` (Prisma's parameter). */
  schema: string
  /** Startup options for the server, from `?options=` (libpq's parameter). */
  options: string
  /** Names of parameters that have no effect here. */
  ignored: string[]
}

/** The parameters that `pg` uses. The others are session settings, which the service sets itself. */
const understood = new Set([
  ...['host', 'port', 'user', 'password', 'application_name'],
  ...['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat'],
])

/**
 * Reads the URL of a database.
 * @throws StartupError whose message names the setting and contains nothing of the URL, which contains a password
 */
export function readDatabaseUrl(url: string, setting = 'DATABASE_URL'): DatabaseAddress {
  const { base, query } = split(url, setting)
  const { schema = 'public', options = '', ...rest } = Object.fromEntries(new URLSearchParams(query))
  if (/\bsearch_path\b/i.test(options)) {
    throw new StartupError(`${setting} sets search_path in options. Name the schema as ?schema=… instead.`)
  }
  if (schema === '') throw new StartupError(`${setting} names an empty schema`)
  const parameters = Object.entries(rest).filter(([name]) => understood.has(name))
  const connectionString = parameters.length > 0 ? `${base}?${new URLSearchParams(parameters).toString()}` : base
  checkAsPgReadsIt(connectionString, setting)
  const ignored = Object.keys(rest).filter((name) => !understood.has(name))
  return { connectionString, schema, options, ignored }
}

/**
 * Splits a URL at its query. An unencoded `/`, `?` or `#` in a password would turn the rest of the password into a
 * path, which appears in messages. An `@` would not, because the last one precedes the host; user names of some hosted
 * servers contain one (`user@server`).
 */
function split(url: string, setting: string): { base: string; query: string } {
  const [, base, query = ''] = /^([^?#]*)(?:\?([^#]*))?$/.exec(url) ?? []
  const [, path = ''] = /^\w+:\/\/[^/]*(.*)$/.exec(base ?? '') ?? []
  if (base === undefined || path.includes('@')) throw notEncoded(setting)
  return { base, query }
}

const notEncoded = (setting: string) =>
  new StartupError(`${setting} is not a valid URL. In a password, characters such as / ? # @ are percent-encoded.`)

function checkAsPgReadsIt(connectionString: string, setting: string): void {
  try {
    new Client({ connectionString })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_INVALID_URL' || error instanceof URIError) throw notEncoded(setting)
    throw new StartupError(`${setting} cannot be used: ${message}`)
  }
}
