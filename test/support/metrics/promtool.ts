import { execFile } from 'node:child_process'
import { findProgram } from '../../../harness/find-program.js'

/** Path of promtool, which Debian's package `prometheus` contains; undefined when it is not installed. */
export const promtool = await findProgram('promtool')

/** Runs promtool with an input. Returns its exit code, which is 0 when it finds no fault, and its output. */
export async function runPromtool(args: string[], input = ''): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(promtool ?? '', args, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` })
    })
    child.stdin?.end(input)
  })
}
