import type { Steps } from './steps.js'

/** Checks types, style, format and structure. Each check runs even if another fails. */
export async function runChecks({ step, run }: Steps): Promise<void> {
  for (const program of ['.', 'tsconfig.pages.json', 'scripts/load']) {
    await step(`types of ${program}`, () => run('tsc', ['-p', program]))
  }
  await step('lint', () => run('eslint', ['--cache', '--cache-location', '.cache/eslint', '.']))
  await step('format', () => run('prettier', ['--check', '--log-level', 'warn', '.']))
  await step('imports', () =>
    run('depcruise', ['--config', '.dependency-cruiser.mjs', 'src', 'harness', 'test', 'scripts']),
  )
  await step('folders', () => run(process.execPath, ['scripts/checks/folder-sizes.mjs']))
}
