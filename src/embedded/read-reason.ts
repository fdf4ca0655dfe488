import { readFile } from 'node:fs/promises'

/** What PostgreSQL's programs begin the line with that says why they end. */
const REASON = /(FATAL|PANIC|error): +(.*)|^postgres: (.*)/
const DETAIL = /(DETAIL): +(.*)/

/** Reads in the output of PostgreSQL's programs why they ended, as one line; undefined when they do not say. */
export function readReason(output: string): string | undefined {
  const lines = output.split('\n')
  const at = lines.findLastIndex((line) => REASON.test(line))
  const [, , reason, ofServer] = REASON.exec(lines[at] ?? '') ?? []
  const [, , detail] = DETAIL.exec(lines[at + 1] ?? '') ?? []
  const found = reason ?? ofServer
  return found === undefined || detail === undefined ? found : `${found}: ${detail}`
}

/**
 * Describes in one line why a program of PostgreSQL failed, or the system's error before it ran. `log` is a file that the
 * program has written to, from `logStart` on.
 */
export async function describeFailure(error: unknown, log?: { file: string; logStart: number }): Promise<string> {
  const written = log === undefined ? undefined : await readFile(log.file).catch(() => undefined)
  const { message, stderr = '' } = error as Error & { stderr?: string }
  const said = readReason(written?.toString('utf8', log?.logStart) ?? '') ?? readReason(stderr)
  return said ?? message.replace(/\n[^]*/, '')
}
