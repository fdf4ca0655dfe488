import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { build } from 'esbuild'

/** Where the tests run from. Beside it lies, as `src`, what ships: a spawned server and an imported module are one file. */
const FOLDER = '.tap/build'

/** Strips the types from the tests, once for all: a loader in each of their processes would cost it a second. */
export async function compileTests(): Promise<void> {
  const files = (await readdir('test', { recursive: true })).filter((name) => name.endsWith('.ts'))
  await rm(FOLDER, { recursive: true, force: true })
  await mkdir(FOLDER, { recursive: true })
  await build({
    entryPoints: files.map((name) => `test/${name}`),
    outbase: 'test',
    outdir: `${FOLDER}/test`,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  })
  await symlink('../../dist', `${FOLDER}/src`)
}

/** Where a test file was compiled to. */
export const compiledPath = (file: string) => `${FOLDER}/${file.replace(/\.ts$/, '.js')}`
