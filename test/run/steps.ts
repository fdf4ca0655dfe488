import { spawn } from 'node:child_process'

/** How long a program that was told to end may take. */
const PATIENCE_MS = 3000

type Environment = Record<string, string | undefined>

/**
 * The steps of a run. A step that fails makes the run fail, and does not keep the next ones from telling what they find.
 * A signal ends the program under way and leaves out the steps that have not begun, except for those that clean up.
 */
export function createSteps(environment: Environment) {
  let interruption: NodeJS.Signals | undefined
  let underWay: ReturnType<typeof spawn> | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interruption = signal
      process.exitCode = 1
      underWay?.kill('SIGTERM')
      setTimeout(() => underWay?.kill('SIGKILL'), PATIENCE_MS).unref()
    })
  }

  return {
    /** Does one step and prints its time. Undefined when it failed. */
    async step<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
      const startedAt = performance.now()
      try {
        return await work()
      } catch (error) {
        process.exitCode = 1
        console.error(error instanceof StepFailure ? error.message : error)
        return undefined
      } finally {
        console.error(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
      }
    },
    /** Runs a program of node_modules. */
    async run(program: string, words: string[], more: Environment = {}): Promise<void> {
      if (interruption !== undefined) throw new StepFailure(`${program}: not run after ${interruption}`)
      const child = spawn(`node_modules/.bin/${program}`, words, {
        env: { ...environment, ...more },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      underWay = child
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject)
        child.once('close', resolve)
      })
      underWay = undefined
      if (code !== 0) throw new StepFailure(`${program} failed`)
    },
  }
}

/** What failed has said so itself; the rest is one line. */
export class StepFailure extends Error {}
