import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OUTCOMES } from '../../harness/outcomes.js'
import { nameServices } from '../../harness/services.js'
import { endLeftovers } from './leftovers.js'
import { createRunFolder } from './run-folder.js'
import { runTests, type TestRun } from './run-tests.js'
import { startServices } from './start-services.js'
import { createSteps } from './steps.js'
import { RESULTS } from './totals.js'

/** The files named on the command line; by default all below a folder whose names have an ending. */
export async function chooseFiles(folder: string, ending: string): Promise<string[]> {
  const given = process.argv.slice(2)
  if (given.length > 0) return given
  const names = await readdir(folder, { recursive: true })
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name))
}

interface FilesRun extends Omit<TestRun, 'environment' | 'reporter'> {
  name: string
  /** More environment variables for the tests. */
  provide(folder: string): Promise<Record<string, string>> | Record<string, string>
  /** Whether its files are in memory. Measurements and faults need a disk. */
  isInMemory?: true
  /** Called before the run's temporary folder is removed. */
  review?(folder: string): Promise<void>
}

/** Runs test files without coverage, with a PostgreSQL and a Redis, and stops everything that was started. */
export async function runFiles({ name, provide, review, isInMemory, ...tests }: FilesRun): Promise<void> {
  await rm(OUTCOMES, { recursive: true, force: true })
  await rm(RESULTS, { force: true })
  const folder = isInMemory ? await createRunFolder(name) : await mkdtemp(join(tmpdir(), `store-chat-${name}-`))
  const steps = createSteps({ ...process.env, TMPDIR: folder })
  const { step } = steps
  const provided = await step('needs', async () => provide(folder))
  const services = provided && (await step('services', () => startServices(folder)))
  if (services) {
    const environment = { ...nameServices(services), ...provided }
    await step(name, () => runTests(steps, { ...tests, reporter: 'spec', environment }))
    await step('services end', () => services.stop())
  }
  await step('leftovers', () => endLeftovers(folder))
  await review?.(folder)
  await rm(folder, { recursive: true, force: true })
}
