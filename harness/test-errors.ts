import asyncHooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Keeps tap from following every promise, a tenth of the CPU time of the tests. It would learn which test an error
 * belongs to that nobody handles; `runTestFiles` gives it to the file that runs. Import this before tap.
 */
asyncHooks.createHook = () => {
  const hook = { enable: () => hook, disable: () => hook }
  return hook
}
syncBuiltinESMExports()
