import asyncHooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Switches off the hooks by which tap attributes unhandled errors to tests: they run for every promise, and had a
 * fifteenth of the samples in a CPU profile of the tests. `runTestFiles` attributes such errors to the running file. Import this before tap.
 */
asyncHooks.createHook = () => {
  const hook = { enable: () => hook, disable: () => hook }
  return hook
}
syncBuiltinESMExports()
