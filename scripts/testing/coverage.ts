import { readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { StepFailure } from './steps.js'

type Measure = 'statements' | 'branches' | 'functions' | 'lines'
type Summary = Record<string, Record<Measure, { pct: number }>>

const measures: Measure[] = ['lines', 'branches', 'functions']

/**
 * Prints the coverage of files below 100 %. Finds files that no test loads, which the coverage report does not list.
 * @throws StepFailure that names them
 */
export async function reviewCoverage(): Promise<void> {
  const summary = JSON.parse(await readFile('.tap/report/coverage-summary.json', 'utf8')) as Summary
  const files = Object.entries(summary).map(([path, covered]) => ({ path: relative(resolve(), path), covered }))
  for (const { path, covered } of files) {
    if (measures.every((measure) => covered[measure].pct === 100)) continue
    console.log(`${measures.map((measure) => `${covered[measure].pct} % ${measure}`).join(', ')}: ${path}`)
  }
  const uncounted = await findUncounted(new Set(files.map(({ path }) => path)))
  if (uncounted.length > 0) throw new StepFailure(`No test loads ${uncounted.join(', ')}`)
}

async function findUncounted(counted: Set<string>): Promise<string[]> {
  const paths = await readdir('src', { recursive: true })
  // The pages and the React hook run in a browser and have end-to-end tests.
  const uncountable = [
    'generated',
    'pages',
    join('client', 'react', 'index.ts'),
    join('client', 'react', 'use-chat.ts'),
  ]
  const isElsewhere = (path: string) => uncountable.some((start) => path.startsWith(start))
  const sources = paths.filter((path) => path.endsWith('.ts') && !isElsewhere(path))
  const found = await Promise.all(
    sources.map(async (path) => (counted.has(join('src', path)) || (await holdsOnlyTypes(path)) ? [] : [path])),
  )
  return found.flat().sort()
}

/** Such a file is empty once compiled, so nothing imports it. */
async function holdsOnlyTypes(path: string): Promise<boolean> {
  const compiled = await readFile(join('dist', path.replace(/\.ts$/, '.js')), 'utf8')
  return compiled.replace(/\/\*[^]*?\*\/|^\/\/.*$/gm, '').trim() === 'export {};'
}
