import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nameServices } from '../support/services.js'
import { RESULTS } from './find-tests.js'
import { endLeftovers } from './leftovers.js'
import { startServices } from './start-services.js'
import { createSteps } from './steps.js'

/** The files that were named on the command line, or all of a folder with an ending. */
export async function chooseFiles(folder: string, ending: string): Promise<string[]> {
  const given = process.argv.slice(2)
  if (given.length > 0) return given
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending))
  return names.sort().map((name) => join(folder, name))
}

interface FilesRun {
  name: string
  files: string[]
  /** For tests.ts. */
  words: string[]
  /** What else the files find in their environment. */
  provide(folder: string): Promise<Record<string, string>> | Record<string, string>
  /** Looks at what the run has left in its folder, before that is removed. */
  review?(folder: string): Promise<void>
}

/** Runs files of tests without coverage, with a PostgreSQL and a Redis, and ends all that was started. */
export async function runFiles({ name, files, words, provide, review }: FilesRun): Promise<void> {
  await rm(RESULTS, { force: true })
  const folder = await mkdtemp(join(tmpdir(), `store-chat-${name}-`))
  const { step, run } = createSteps({ ...process.env, TMPDIR: folder })
  const provided = await step('needs', async () => provide(folder))
  const services = provided && (await step('services', () => startServices(folder)))
  if (services) {
    const environment = { ...nameServices(services), ...provided }
    await step(name, () => run('tsx', ['test/run/tests.ts', ...words, ...files], environment))
    await step('services end', () => services.stop())
  }
  await step('leftovers', () => endLeftovers(folder))
  await review?.(folder)
  await rm(folder, { recursive: true, force: true })
}
