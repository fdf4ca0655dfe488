import type { Steps } from './steps.js'

/** TypeScript 7; `typescript` is 6, whose API others of the checks use. */
const TSC = 'node_modules/typescript-native/bin/tsc'

/** Where no file and no rule has changed, the imports are not read again. */
const IMPORTS_CACHE = ['--cache', '.cache/imports', '--cache-strategy', 'content']

/** Checks types, style, format and structure. Each check runs even if another fails. */
export async function runChecks({ step, run }: Steps): Promise<void> {
  for (const [name, project] of [
    ['node', '.'],
    ['pages', 'tsconfig.pages.json'],
    ['load', 'scripts/load'],
  ] as const) {
    const cache = ['--incremental', '--tsBuildInfoFile', `.cache/types/${name}.tsbuildinfo`]
    await step(`types of ${project}`, () => run(process.execPath, [TSC, '-p', project, ...cache]))
  }
  await step('lint', () => run('oxlint', ['.']))
  await step('format', () => run('oxfmt', ['--check', '.']))
  await step('imports', () =>
    run('depcruise', ['--config', '.dependency-cruiser.mjs', ...IMPORTS_CACHE, 'src', 'harness', 'test', 'scripts']),
  )
  await step('folders', () => run(process.execPath, ['scripts/checks/folder-sizes.mjs']))
}
