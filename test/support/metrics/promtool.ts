import { execFile } from 'node:child_process'
import { findProgram } from '../../../harness/find-program.js'

/** Debian has it in its package `prometheus`. Undefined where the machine has none. */
export const promtool = await findProgram('promtool')

/** Runs it with an input. Returns its exit code, 0 when it has nothing to say, and its output. */
export async function runPromtool(words: string[], input = ''): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(promtool ?? '', words, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` })
    })
    child.stdin?.end(input)
  })
}
