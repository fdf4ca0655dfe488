/**
 * Prepares a checkout: installs the packages of package-lock.json, generates the Prisma client, compiles, and builds the
 * pages. Skips what is up to date. Plain JavaScript, because it runs before anything is installed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const at = (...path) => join(root, ...path)
const TSC = 'node_modules/typescript-native/bin/tsc'
const changedMs = (path) => (existsSync(at(path)) ? statSync(at(path)).mtimeMs : 0)
const newestMs = (folder) =>
  Math.max(...readdirSync(at(folder), { recursive: true }).map((name) => changedMs(join(folder, name))))

/**
 * Runs a command, and rejects when it fails. Its output goes to standard error, because standard output belongs to the
 * service.
 */
async function run(command, ...args) {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...offlineEngine },
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed`)
}

/** `prisma generate` does not use the schema engine, but downloads it unless a path is set. */
const offlineEngine = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' }

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`store-chat needs Node.js 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}
if (changedMs('node_modules/.package-lock.json') < changedMs('package-lock.json'))
  await run('npm', 'ci', '--no-progress')
if (changedMs('src/generated/prisma/client.ts') < changedMs('prisma/schema.prisma')) {
  await run('npx', 'prisma', 'generate')
}
if (
  changedMs('dist/.tsbuildinfo') <
  Math.max(
    newestMs('src'),
    changedMs('tsconfig.json'),
    changedMs('package-lock.json'),
    changedMs('scripts/build-pages.mjs'),
  )
) {
  const builds = await Promise.allSettled([
    run(process.execPath, TSC, '-p', 'tsconfig.build.json'),
    // Emits the declarations of the client, and checks that it uses nothing of Node.js.
    run(process.execPath, TSC, '-p', 'tsconfig.client.json'),
    run(process.execPath, 'scripts/build-pages.mjs'),
  ])
  const failed = builds.find(({ status }) => status === 'rejected')
  if (failed) throw failed.reason
  // tsc does not touch the file when the output is the same.
  utimesSync(at('dist/.tsbuildinfo'), new Date(), new Date())
}
