/** `npm run check`: checks types, style, format and the direction of imports, without running a test. */
import { runChecks } from './testing/checks.js'
import { createSteps } from './testing/steps.js'

await runChecks(createSteps(process.env))
