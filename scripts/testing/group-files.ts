/** Tests that take long start first, so that no single one runs at the end. */
const FIRST = /^test\/(embedded|faults|pooler|server)\//

/**
 * Files that share no process: they put a pooler between PostgreSQL and all nodes of their process.
 */
const ALONE = 'test/pooler/'

/**
 * Divides test files among processes. Starting a process and loading the product takes a second of CPU time, more than most
 * files, so neighbours share a process.
 */
export function groupFiles(files: string[], filesPerProcess: number): string[][] {
  const sorted = [...files].sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
  const groups: string[][] = []
  for (const file of sorted) {
    const last = groups.at(-1)
    const isShared =
      last !== undefined && last.length < filesPerProcess && ![file, ...last].some((name) => name.startsWith(ALONE))
    if (isShared) last.push(file)
    else groups.push([file])
  }
  return groups
}

const rank = (file: string) => (FIRST.test(file) ? 0 : 1)
