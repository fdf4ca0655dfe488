import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Counts, Spec } from './wire.js'

const program = fileURLToPath(new URL('./attacker.js', import.meta.url))

/**
 * Runs an attack in its own process with the lowest priority, so that its own CPU time does not slow the nodes down.
 * `onSent` is called when the attack has sent everything.
 */
export async function runAttack(t: Test, spec: Spec, onSent: () => unknown = () => undefined): Promise<Counts> {
  const { PATH = '' } = process.env
  const child = spawn('nice', ['-n', '19', process.execPath, program, JSON.stringify(spec)], {
    env: { PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let counts: Counts | undefined
  for await (const text of createInterface(child.stdout)) {
    const line = JSON.parse(text) as { event?: string; counts?: Counts }
    if (line.event === 'sent') await onSent()
    counts = line.counts ?? counts
  }
  if (counts === undefined) throw new Error(`The attack ${spec.attack} did not report its counts`)
  return counts
}
