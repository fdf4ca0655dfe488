import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'
import { openPool, type ConnectionTarget } from '../connection-pool.js'

/**
 * Runs the WebAssembly build of Prisma's schema engine on a database. It is the engine of `prisma migrate deploy`, but
 * it comes from npm, without the download of a native binary.
 */
export async function withSchemaEngine<T>(
  target: ConnectionTarget,
  use: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const openEngine = await (instantiated ??= instantiateEngine())
  const pool = openPool(target)
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(new WholeScriptPg(pool, { schema: target.address.schema }))
    const engine = await openEngine(adapter)
    return await use(engine).finally(() => engine.free())
  } finally {
    // The engine keeps its advisory lock until its connection ends.
    await pool.end()
  }
}

/**
 * The adapter would split a script at every semicolon. That breaks function bodies, and leaves half of a migration
 * behind when a later part fails. When the script is sent whole, PostgreSQL parses it and runs it in one transaction.
 */
class WholeScriptPg extends PrismaPg {
  override async connect() {
    const adapter = await super.connect()
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script)
    }
    return adapter
  }
}

/** The bindings support one instance per process; a second one would break the first. */
let instantiated: ReturnType<typeof instantiateEngine> | undefined

/**
 * The engine does not clear the timers of its lock. Each of them would keep a finished process alive for another ten
 * seconds.
 */
function withQuietTimers(imports: WebAssembly.ModuleImports): WebAssembly.ModuleImports {
  const startTimer = (callback: () => void, delayMs: number) => setTimeout(callback, delayMs).unref()
  const quiet = Object.keys(imports).flatMap((name) =>
    name.startsWith('__wbg_setTimeout_') ? [[name, startTimer]] : [],
  )
  return { ...imports, ...(Object.fromEntries(quiet) as WebAssembly.ModuleImports) }
}

/** The package is made for bundlers, which instantiate the module; here it is instantiated by hand. */
async function instantiateEngine(): Promise<(adapter: object) => Promise<SchemaEngine>> {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const script = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const bytes = await readFile(script.replace(/\.js$/, '.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, {
    './schema_engine_bg.js': withQuietTimers(bindings),
  })
  bindings.__wbg_set_wasm(instance.exports)
  const { __wbindgen_start: start } = instance.exports as { __wbindgen_start: () => void }
  start()
  return (adapter) => bindings.SchemaEngine.new({ datamodels: undefined }, () => undefined, adapter)
}
