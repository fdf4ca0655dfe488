import fc from 'fast-check'
import t from 'tap'
import { chooseSeed } from '../support/seed.js'
import { anyChoice, perform, type Choice } from './acts.js'
import { checkWorld, createWorld, resetWorld } from './world.js'

const runs = process.env['PROPERTY_RUNS']
/** After this time a run ends with the cases that it has tried, and a failing one with its current shrink. */
const LIMIT_MS = 60_000
/** Repeats one case of a seed, as fast-check prints it when a run fails. */
const path = process.env['TEST_PATH']

t.test(
  'three stores and three admins on two nodes: whatever they do, all agree on it',
  { timeout: 3_600_000 },
  async (t) => {
    const seed = chooseSeed(t)
    const world = await createWorld(t)
    let acted = 0
    const live = async (choices: Choice[]) => {
      const fresh = await resetWorld(world)
      for (const choice of choices) {
        await perform(fresh, choice)
        acted++
      }
      await checkWorld(fresh)
    }
    await fc.assert(fc.asyncProperty(fc.array(anyChoice, { minLength: 60, maxLength: 120, size: 'max' }), live), {
      seed,
      ...(runs === undefined
        ? { numRuns: 6, plugins: [fc.interruptAfterTimeLimit(LIMIT_MS)] }
        : { numRuns: Number(runs) }),
      ...(path !== undefined && { path }),
    })
    t.ok(acted >= 60, `${acted} acts`)
  },
)
