import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Every piece of a body is a buffer of its own, outside of V8's heap, which hardly notices it: left to itself, V8 collects
 * them after 100 MB and more. A collection of the young ones takes about a millisecond.
 */
const BYTES_BETWEEN = 8 * 1024 * 1024

/** Returns what counts bytes of bodies, and has their buffers collected now and then. */
export function createBufferCollector(): (bytes: number) => void {
  let collect: ((options: { type: 'minor' }) => void) | undefined
  let count = 0
  return (bytes) => {
    count += bytes
    if (count < BYTES_BETWEEN) return
    count = 0
    collect ??= exposeCollector()
    collect({ type: 'minor' })
  }
}

/** Node has no other way to it than V8's own flag. */
function exposeCollector(): (options: { type: 'minor' }) => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as (options: { type: 'minor' }) => void
}
