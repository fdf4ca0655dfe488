import { readdir } from 'node:fs/promises'

/** Where a run leaves what its tests said. */
export const RESULTS = '.tap/results.tap'

/** Those that take longest come first, so that none of them is left alone at the end. */
const long = ['test/embedded/', 'test/cli/account', 'test/server/', 'test/faults/', 'test/properties/']

/** The files of the ordinary run. */
export async function findTests(): Promise<string[]> {
  const found = await readdir('test', { recursive: true })
  const tests = found.filter((name) => name.endsWith('.test.ts')).map((name) => `test/${name}`)
  const rank = (name: string) => long.findIndex((start) => name.startsWith(start)) >>> 0
  return tests.sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))
}
