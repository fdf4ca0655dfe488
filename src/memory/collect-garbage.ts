import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { type: 'minor' | 'major'; execution: 'sync' | 'async' }) => unknown

/**
 * Every piece of a body is a buffer of its own, outside of V8's heap, which hardly notices it: left to itself, V8 collects
 * them after 100 MB and more. A collection of the young ones takes about a millisecond.
 */
const BYTES_BETWEEN = 8 * 1024 * 1024

/** Returns what counts bytes of bodies, and has their buffers collected now and then. */
export function createBufferCollector(): (bytes: number) => void {
  let count = 0
  return (bytes) => {
    count += bytes
    if (count < BYTES_BETWEEN) return
    count = 0
    exposeCollector()({ type: 'minor', execution: 'sync' })
  }
}

/** A peak that has left less costs less than its collection. */
const WORTH_COLLECTING_BYTES = 40 * 2 ** 20

/** Collects what peaks of memory have left. */
export interface PeakCollector {
  /** To be called before a peak. */
  begin(): void
  /** To be called some time after a peak. Collects only if the process has grown much since it was smallest. */
  end(): void
}

export function createPeakCollector(
  readBytes: () => number = process.memoryUsage.rss,
  collect: () => Promise<void> = collectAll,
): PeakCollector {
  let leastBytes = Infinity
  return {
    begin: () => void (leastBytes = Math.min(leastBytes, readBytes())),
    end() {
      if (readBytes() - leastBytes < WORTH_COLLECTING_BYTES) return
      // What is still there afterwards is in use: the next peak is measured from that.
      void collect().then(() => (leastBytes = readBytes()))
    },
  }
}

/** Giving memory back stops the process for up to a millisecond for each MiB in use. */
const MOST_BYTES_TO_SHRINK = 128 * 2 ** 20

/**
 * Collects all garbage soon. It stops the process meanwhile, so it is meant for the time after a peak, whose memory an idle
 * process would keep. If little is in use, V8 also returns its young generation, up to 48 MB, to the operating system: only
 * the inspector can ask for that.
 */
export async function collectAll(): Promise<void> {
  const isSmall = process.memoryUsage().heapUsed <= MOST_BYTES_TO_SHRINK
  if (!isSmall || !(await shrink())) exposeCollector()({ type: 'major', execution: 'async' })
}

/** Returns whether it could be asked for: a Node.js may be built without the inspector, or forbid it. */
async function shrink(): Promise<boolean> {
  try {
    const { Session } = await import('node:inspector/promises')
    const session = new Session()
    session.connect()
    await session.post('HeapProfiler.collectGarbage').finally(() => session.disconnect())
    return true
  } catch {
    return false
  }
}

let collector: Collect | undefined

/** Node has no other way to it than V8's own flag. */
function exposeCollector(): Collect {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as Collect
  }
  return collector
}
