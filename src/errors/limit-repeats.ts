/** Lines of warnings and worse since the start, by level; those that were left out count, too. */
export interface LogCounts {
  warn: number
  error: number
  fatal: number
}

export const createLogCounts = (): LogCounts => ({ warn: 0, error: 0, fatal: 0 })

/** Of a fault that repeats, one line is written per interval. */
const INTERVAL_MS = 10_000
/** Faults that are remembered at once; a line too many is better than memory without a bound. */
const MOST_FAULTS = 200

type Words = [fields: unknown, ...rest: unknown[]]
type Write = (...words: Words) => void

/** A fault that was logged within the interval. */
interface Fault {
  suppressed: number
  /** The newest line that was left out. */
  writeAgain(suppressed: number): void
}

/**
 * Makes pino's hook `logMethod`. A warning or error with `err` or `statement` that repeats is written at once, then every
 * ten seconds as long as it repeats, with the number of lines between as `suppressed`: a database that is away fails
 * hundreds of times a second. All other lines are written as they are.
 * @param counts are kept up
 */
export function createRepeatLimit(counts: LogCounts, intervalMs = INTERVAL_MS) {
  const faults = new Map<string, Fault>()

  function summarize(key: string, fault: Fault): void {
    const { suppressed } = fault
    if (suppressed === 0) {
      faults.delete(key)
      return
    }
    fault.suppressed = 0
    fault.writeAgain(suppressed)
    startInterval(key, fault)
  }

  function startInterval(key: string, fault: Fault): void {
    setTimeout(() => summarize(key, fault), intervalMs).unref()
  }

  return function logMethod(
    this: { levels: { labels: Record<number, string> } },
    words: Words,
    write: Write,
    level: number,
  ) {
    const label = this.levels.labels[level] ?? ''
    if (isCounted(label)) counts[label]++
    const key = isCounted(label) ? nameFault(label, words) : undefined
    const fault = key === undefined ? undefined : faults.get(key)
    if (fault !== undefined) {
      fault.suppressed++
      fault.writeAgain = (suppressed) => write.apply(this, addSuppressed(words, suppressed))
      return
    }
    write.apply(this, words)
    if (key === undefined || faults.size >= MOST_FAULTS) return
    const first = { suppressed: 0, writeAgain: () => undefined }
    faults.set(key, first)
    startInterval(key, first)
  }
}

const isCounted = (label: string): label is keyof LogCounts => ['warn', 'error', 'fatal'].includes(label)

/** Numbers. The group holds those that may be the status of an answer: a 401 is another fault than a 503. */
const numbers = /(?<![\w.:])([1-5]\d\d)(?![\w.:])|\d+/g

/**
 * Two lines are of one fault when they have the same message, except for its numbers, the same code and the same origin.
 * Undefined for lines that are no repeatable fault.
 */
function nameFault(label: string, [fields, message]: Words): string | undefined {
  const { err, statement } = (fields ?? {}) as { err?: unknown; statement?: unknown }
  const error = fields instanceof Error ? fields : err
  if (error === undefined && statement === undefined) return undefined
  const what = error instanceof Error ? `${error.name} ${error.message}` : String(error ?? statement)
  const words = `${label} ${String(message)} ${what}`.replaceAll(numbers, '$1')
  return error instanceof Error ? `${words} ${describeOrigin(error)}` : words
}

/** The code, and the line of the source code that made the error. */
function describeOrigin(error: Error & { code?: unknown }): string {
  const [line = ''] = /^ +at .+$/m.exec(error.stack ?? '') ?? []
  return `${String(error.code)}${line}`
}

const addSuppressed = ([fields, ...rest]: Words, suppressed: number): Words => [
  fields instanceof Error ? { err: fields, suppressed } : { ...(fields as object), suppressed },
  ...rest,
]
