import { setFlagsFromString } from 'node:v8'
import { UNOPTIMIZED_VARIABLE } from './variables.js'

/** Whether this process and the programs that it starts compile everything quickly and optimize nothing. */
export const isUnoptimized = process.env[UNOPTIMIZED_VARIABLE] !== undefined

/** The last one is for Prisma's WebAssembly. */
const FLAGS = ['--no-opt', '--always-sparkplug', '--liftoff-only']

// Set here and not on the command line, so that the runner, which reads the results of all, is optimized.
if (isUnoptimized) for (const flag of FLAGS) setFlagsFromString(flag)
