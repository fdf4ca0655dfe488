import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** Where the tests run from. Beside it lies, as `src`, what ships: a spawned server and an imported module are one file. */
const FOLDER = '.tap/build'
const PROGRAMS = `${FOLDER}/programs`

/** What tests import instead of tap, relative to FOLDER. */
const TEST_FILE = 'harness/test-file'

/** Strips the types from the tests, once for all: a loader in each of their processes would cost it a second. */
export async function compileTests(): Promise<void> {
  const sources = await Promise.all(['test', 'harness'].map(findSources))
  await rm(FOLDER, { recursive: true, force: true })
  await build({
    entryPoints: sources.flat(),
    outbase: '.',
    outdir: FOLDER,
    // No module goes into another: bundling is what lets a plugin say where an import leads.
    bundle: true,
    plugins: [tapOfOneFile],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  })
  await symlink('../../dist', `${FOLDER}/src`)
}

/**
 * Writes a program for each list of compiled files, which runs them one after the other.
 * @returns the paths of the programs
 */
export async function writePrograms(lists: string[][]): Promise<string[]> {
  await rm(PROGRAMS, { recursive: true, force: true })
  await mkdir(PROGRAMS)
  return Promise.all(lists.map(writeProgram))
}

async function findSources(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).map((name) => `${folder}/${name}`)
}

const tapOfOneFile: Plugin = {
  name: 'tap-of-one-file',
  setup({ onResolve }) {
    onResolve({ filter: /^/ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point') return undefined
      if (path !== 'tap' || importer.endsWith(`/${TEST_FILE}.ts`)) return { path, external: true }
      const depth = relative(resolve(), importer).split(sep).length - 1
      return { path: `${'../'.repeat(depth)}${TEST_FILE}.js`, external: true }
    })
  },
}

async function writeProgram(files: string[], place: number): Promise<string> {
  const path = `${PROGRAMS}/${String(place + 1).padStart(3, '0')}.js`
  const loads = files.map((file) => {
    const load = `() => import(${JSON.stringify(`../${file.replace(/\.ts$/, '.js')}`)})`
    return `  { name: ${JSON.stringify(file)}, load: ${load} },\n`
  })
  const program = `import { runTestFiles } from '../${TEST_FILE}.js'\n\nawait runTestFiles([\n${loads.join('')}])\n`
  await writeFile(path, program)
  return path
}
