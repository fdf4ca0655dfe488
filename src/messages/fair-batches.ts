/** A statement costs about as much as so many items. */
const SMALL_BATCH = 64

/** How items are put together. */
export interface FairBatchOptions<Item> {
  /** Whose item it is. */
  keyOf(item: Item): string
  maxItems: number
  /** The share of one key in a batch. */
  maxItemsPerKey: number
  /** Batches that are run at the same time. */
  maxConcurrency: number
}

interface Entry<Item, Result> {
  item: Item
  resolve(result: Result | Promise<Result>): void
  reject(error: unknown): void
}

/**
 * Lets concurrent calls share a batch: items that come while batches are run wait for the next one. When none is run, an
 * item waits for the end of the event loop's turn only.
 *
 * Keys take turns and have a bounded share of each batch. The items of one key keep their order, and are in one batch at a
 * time: the next ones wait until all results of those before are there.
 *
 * `runBatch` resolves once the next batch may be run, with the result of each item, or a promise where it takes longer.
 */
export function createFairBatches<Item, Result>(
  { keyOf, maxItems, maxItemsPerKey, maxConcurrency }: FairBatchOptions<Item>,
  runBatch: (items: Item[]) => Promise<(Result | Promise<Result>)[]>,
): (item: Item) => Promise<Result> {
  type Entries = Entry<Item, Result>[]
  /** Keys of which no item is in a batch, in the order of their turns, with what waits. */
  const ready = new Map<string, Entries>()
  /** Keys of which an item is in a batch, with what has come since. */
  const busy = new Map<string, Entries>()
  let readyCount = 0
  let running = 0
  let isScheduled = false

  function schedule(): void {
    if (isScheduled || running === maxConcurrency || ready.size === 0) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      while (running < maxConcurrency && ready.size > 0) void run(takeParts())
    })
  }

  async function run(parts: Map<string, Entries>): Promise<void> {
    running++
    const items: Item[] = []
    for (const part of parts.values()) for (const { item } of part) items.push(item)
    try {
      handOut(parts, await runBatch(items))
    } catch (error) {
      for (const [key, part] of parts) {
        for (const { reject } of part) reject(error)
        release(key)
      }
    }
    running--
    schedule()
  }

  function handOut(parts: Map<string, Entries>, results: (Result | Promise<Result>)[]): void {
    let index = 0
    for (const [key, part] of parts) {
      const pending: Promise<Result>[] = []
      for (const { resolve } of part) {
        const result = results[index++] as Result | Promise<Result>
        resolve(result)
        if (result instanceof Promise) pending.push(result)
      }
      if (pending.length === 0) release(key)
      else void Promise.allSettled(pending).then(() => release(key))
    }
  }

  /** Two batches at the same time are sooner done than one that has all, unless they are small. */
  function shareOut(): number {
    const freeSlots = maxConcurrency - running
    return Math.min(maxItems, Math.max(SMALL_BATCH, Math.ceil(readyCount / freeSlots)))
  }

  function takeParts(): Map<string, Entries> {
    const parts = new Map<string, Entries>()
    let room = shareOut()
    for (const [key, waiting] of ready) {
      if (room === 0) break
      readyCount -= waiting.length
      const part = waiting.splice(0, Math.min(maxItemsPerKey, room))
      room -= part.length
      parts.set(key, part)
      ready.delete(key)
      busy.set(key, waiting)
    }
    return parts
  }

  function release(key: string): void {
    const waiting = busy.get(key) ?? []
    busy.delete(key)
    if (waiting.length === 0) return
    ready.set(key, waiting)
    readyCount += waiting.length
    schedule()
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      const key = keyOf(item)
      const entry = { item, resolve, reject }
      const waiting = busy.get(key) ?? ready.get(key)
      if (waiting === undefined) ready.set(key, [entry])
      else waiting.push(entry)
      if (!busy.has(key)) readyCount++
      schedule()
    })
}
