/**
 * `npm run client:pack`: packs the client library from src/client into a tarball in dist/ or in the given folder. It
 * contains code and types as ES modules and as CommonJS.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = resolve(process.argv[2] ?? join(root, 'dist'))
const folder = mkdtempSync(join(tmpdir(), 'store-chat-client-'))
const at = (...path) => join(folder, ...path)
const writeJson = (path, content) => writeFileSync(at(path), `${JSON.stringify(content, null, 2)}\n`)
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))

try {
  compileModules()
  await convertToCommonJs()
  addSubpath('react')
  writeJson('package.json', { ...readJson('src/client/package.json'), version: readJson('package.json').version })
  cpSync(join(root, 'src/client/README.md'), at('README.md'))
  cpSync(join(root, 'LICENSE'), at('LICENSE'))
  mkdirSync(target, { recursive: true })
  const packed = run('npm', 'pack', folder, '--json', '--ignore-scripts', '--pack-destination', target)
  console.log(join(target, JSON.parse(packed)[0].filename))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function run(command, ...args) {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Builds into an empty folder, so that no file of an earlier build is packed. */
function compileModules() {
  const options = [
    '--outDir',
    at('esm'),
    '--incremental',
    'false',
    '--emitDeclarationOnly',
    'false',
    '--sourceMap',
    'false',
  ]
  run(process.execPath, 'node_modules/typescript-native/bin/tsc', '-p', 'tsconfig.client.json', ...options)
}

/** Compiles file by file without bundling, so that all entry points share their classes. The declarations are copied. */
async function convertToCommonJs() {
  const names = readdirSync(at('esm'), { recursive: true })
  await build({
    entryPoints: names.filter((name) => name.endsWith('.js')).map((name) => at('esm', name)),
    outbase: at('esm'),
    outdir: at('cjs'),
    format: 'cjs',
    target: 'es2020',
    logLevel: 'warning',
  })
  for (const name of names.filter((name) => name.endsWith('.d.ts'))) cpSync(at('esm', name), at('cjs', name))
  writeJson('cjs/package.json', { type: 'commonjs' })
}

/** For tools that do not read `exports`: TypeScript's `moduleResolution: node`, older versions of Metro. */
function addSubpath(name) {
  mkdirSync(at(name))
  const main = `../cjs/client/${name}/index`
  const module = `../esm/client/${name}/index.js`
  writeJson(`${name}/package.json`, { main: `${main}.js`, module, types: `${main}.d.ts`, sideEffects: false })
}
