import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { build } from 'esbuild'

/** Where the tests run from. Beside it lies, as `src`, what ships: a spawned server and an imported module are one file. */
const FOLDER = '.tap/build'

/** Strips the types from the tests, once for all: a loader in each of their processes would cost it a second. */
export async function compileTests(): Promise<void> {
  const files = await Promise.all(['test', 'harness'].map(findSources))
  await rm(FOLDER, { recursive: true, force: true })
  await mkdir(FOLDER, { recursive: true })
  await build({
    entryPoints: files.flat(),
    outbase: '.',
    outdir: FOLDER,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  })
  await symlink('../../dist', `${FOLDER}/src`)
}

async function findSources(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).map((name) => `${folder}/${name}`)
}

/** Where a test file was compiled to. */
export const compiledPath = (file: string) => `${FOLDER}/${file.replace(/\.ts$/, '.js')}`
