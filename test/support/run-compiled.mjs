/**
 * Tests import the TypeScript of src; this gives them its compiled twin in dist instead. So they run what ships, a spawned
 * server and an imported module are one file, and coverage is measured through the compiler's own source maps (those of
 * a loader that minifies report every line of a loaded file as covered).
 */
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const source = new URL('../../src/', import.meta.url).href
const compiled = new URL('../../dist/', import.meta.url).href

export async function resolve(specifier, context, nextResolve) {
  const found = await nextResolve(specifier, context)
  if (!found.url.startsWith(source)) return found
  const url = found.url.replace(source, compiled).replace(/\.ts(?=\?|$)/, '.js')
  return { url, format: 'module', shortCircuit: true }
}

// The hooks run in a thread of their own, which loads this file as well.
if (isMainThread) register(import.meta.url)
