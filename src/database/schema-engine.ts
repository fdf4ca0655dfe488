import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { PrismaPg } from '@prisma/adapter-pg'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'

/**
 * Opens Prisma's own schema engine, in its WebAssembly build, on a database. It is the engine behind
 * `prisma migrate deploy`, but it comes from npm and needs no download of a native binary.
 * The package is written for bundlers, so the module is instantiated here. Free the engine after use.
 */
export async function openSchemaEngine(databaseUrl: string): Promise<SchemaEngine> {
  const engine = await instantiateEngine()
  const adapter = bindMigrationAwareSqlAdapterFactory(new WholeScriptPg(databaseUrl))
  return engine.SchemaEngine.new({ datamodels: undefined }, () => undefined, adapter)
}

/**
 * The adapter's own way of running a script is to cut it at every semicolon, which breaks function bodies and leaves half
 * a migration behind when a later part fails. Sent whole, PostgreSQL parses it itself and runs it in one transaction.
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

async function instantiateEngine() {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const script = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const bytes = await readFile(script.replace(/\.js$/, '.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, {
    './schema_engine_bg.js': bindings as unknown as WebAssembly.ModuleImports,
  })
  bindings.__wbg_set_wasm(instance.exports)
  const start = instance.exports['__wbindgen_start']
  if (typeof start === 'function') start()
  return bindings
}
