import { spawn, type ChildProcess } from 'node:child_process'
import { resolve } from 'node:path'

/** A program that does not end within this time after SIGTERM is killed. */
const PATIENCE_MS = 3000

type Environment = Record<string, string | undefined>

export interface Steps {
  /** Runs one step and prints its time. Resolves with undefined if it failed. */
  step<T>(name: string, work: () => Promise<T>): Promise<T | undefined>
  /**
   * Runs a program of node_modules, or one with an absolute path.
   * @throws StepFailure when it fails
   */
  run(program: string, words: string[], more?: Environment): Promise<void>
}

/**
 * The steps of a run. When a step fails, the run fails and names it at its end, but later steps still run. A signal ends
 * running programs and skips programs that have not started; steps without a program, which clean up, still run.
 */
export function createSteps(environment: Environment): Steps {
  let interruption: NodeJS.Signals | undefined
  const running = new Set<ChildProcess>()
  const failed: string[] = []
  // Last, so that nobody overlooks it: the totals count assertions only.
  process.once('exit', () => {
    if (failed.length > 0) console.error(`failed steps: ${failed.join(', ')}`)
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interruption = signal
      process.exitCode = 1
      for (const child of running) child.kill('SIGTERM')
      setTimeout(() => {
        for (const child of running) child.kill('SIGKILL')
      }, PATIENCE_MS).unref()
    })
  }

  return {
    async step(name, work) {
      const startedAt = performance.now()
      try {
        return await work()
      } catch (error) {
        process.exitCode = 1
        failed.push(name)
        console.error(error instanceof StepFailure ? error.message : error)
        return undefined
      } finally {
        console.error(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
      }
    },
    async run(program, words, more = {}) {
      if (interruption !== undefined) throw new StepFailure(`${program}: not run after ${interruption}`)
      const child = spawn(resolve('node_modules/.bin', program), words, {
        env: { ...environment, ...more },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      running.add(child)
      const code = await new Promise<number | null>((done, reject) => {
        child.once('error', reject)
        child.once('close', done)
      })
      running.delete(child)
      if (code !== 0) throw new StepFailure(`${program} failed`)
    },
  }
}

/** A failure that is printed as one line: the failed program has printed its own output. */
export class StepFailure extends Error {}
