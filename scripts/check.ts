/** `npm run check`: checks types, style, format and imports without running tests. */
import { runChecks } from './testing/checks.js'
import { createSteps } from './testing/steps.js'

await runChecks(createSteps(process.env))
