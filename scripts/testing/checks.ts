import type { Steps } from './steps.js'

const prettierCache = ['--cache', '--cache-strategy', 'content', '--cache-location', '.cache/prettier']

/** Checks types, style, format and structure. Each check runs even if another fails. */
export async function runChecks({ step, run }: Steps): Promise<void> {
  for (const [name, project] of [
    ['node', '.'],
    ['pages', 'tsconfig.pages.json'],
    ['load', 'scripts/load'],
  ] as const) {
    const cache = ['--incremental', '--tsBuildInfoFile', `.cache/types/${name}.tsbuildinfo`]
    await step(`types of ${project}`, () => run('tsc', ['-p', project, ...cache]))
  }
  await step('lint', () => run('eslint', ['--cache', '--cache-location', '.cache/eslint', '.']))
  await step('format', () => run('prettier', ['--check', '--log-level', 'warn', ...prettierCache, '.']))
  await step('imports', () =>
    run('depcruise', ['--config', '.dependency-cruiser.mjs', 'src', 'harness', 'test', 'scripts']),
  )
  await step('folders', () => run(process.execPath, ['scripts/checks/folder-sizes.mjs']))
}
