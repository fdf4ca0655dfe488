/**
 * Prepares a checkout: installs the packages of package-lock.json, generates the Prisma client, compiles, and builds the
 * pages. Skips what is up to date, and waits for another process that does the same. Plain JavaScript, because it runs
 * before anything is installed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const at = (...path) => join(root, ...path)
/** The environment variable of the processes that this script runs. */
const WITHIN = 'STORE_CHAT_SETUP'
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
    env: { ...process.env, ...offlineEngine, [WITHIN]: '1' },
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

/** Written when all builds have ended: a build that was interrupted leaves new files beside missing ones. */
const BUILT = 'dist/.built'
const buildInputs = ['tsconfig.json', 'package-lock.json', 'scripts/build-pages.mjs']

const steps = [
  {
    isDue: () => changedMs('node_modules/.package-lock.json') < changedMs('package-lock.json'),
    act: () => run('npm', 'ci', '--no-progress'),
  },
  {
    isDue: () => changedMs('src/generated/prisma/client.ts') < changedMs('prisma/schema.prisma'),
    act: () => run('npx', 'prisma', 'generate'),
  },
  {
    isDue: () => changedMs(BUILT) < Math.max(newestMs('src'), ...buildInputs.map(changedMs)),
    act: build,
  },
]

async function build() {
  const builds = await Promise.allSettled([
    run(process.execPath, TSC, '-p', 'tsconfig.build.json'),
    // Emits the declarations of the client, and checks that it uses nothing of Node.js.
    run(process.execPath, TSC, '-p', 'tsconfig.client.json'),
    run(process.execPath, 'scripts/build-pages.mjs'),
  ])
  const failed = builds.find(({ status }) => status === 'rejected')
  if (failed) throw failed.reason
  writeFileSync(at(BUILT), '')
}

/** A symbolic link to the process that prepares this checkout: it is made at once with what it says. */
const LOCK = at('.setup.lock')

/** Waits while another process prepares this checkout. Then either all is done, or the others wait for this process. */
async function takeTurn() {
  for (let isTold = false; ;) {
    const holder = readHolder()
    if (holder === undefined && (!steps.some(({ isDue }) => isDue()) || lock())) return
    if (holder !== undefined && !isTold) {
      console.error(`Another process (${holder}) prepares ${root}, waiting for it. If it does not, remove ${LOCK}`)
      isTold = true
    }
    await delay(200)
  }
}

function lock() {
  try {
    symlinkSync(String(process.pid), LOCK)
  } catch (error) {
    if (error.code === 'EEXIST') return false
    console.error(`${root} has to be prepared, but cannot be written (${error.code}).`)
    process.exit(1)
  }
  process.once('exit', () => rmSync(LOCK, { force: true }))
  return true
}

/** The process that holds the lock. A lock that a killed process left is removed. */
function readHolder() {
  const holder = readLink(LOCK)
  if (holder === undefined || isAlive(holder)) return holder
  const removed = `${LOCK}.${process.pid}`
  try {
    renameSync(LOCK, removed)
  } catch {
    return undefined
  }
  // Another process may have removed it first, and this one the lock of the next holder.
  const found = readLink(removed)
  if (found === holder) unlinkSync(removed)
  else renameSync(removed, LOCK)
  return found === holder ? undefined : found
}

function readLink(path) {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function isAlive(id) {
  try {
    process.kill(Number(id), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

// `npm ci` may run this script again, as `prepare`.
if (process.env[WITHIN] === undefined) await takeTurn()
for (const { isDue, act } of steps) if (isDue()) await act()
