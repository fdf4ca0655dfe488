/** A statement costs about as much as this number of items. */
const SMALL_BATCH = 64

/** How items are batched. */
export interface FairBatchOptions<Item> {
  /** The owner of an item. */
  keyOf(item: Item): string
  maxItems: number
  /** The most items of one key in a batch. */
  maxItemsPerKey: number
  /** The most batches that run at the same time. */
  maxConcurrency: number
}

interface Entry<Item, Result> {
  item: Item
  resolve(result: Result | Promise<Result>): void
  reject(error: unknown): void
}

/**
 * Lets concurrent calls share a batch: items that come while batches are running wait for the next one. When none is
 * running, an item waits only for the end of the tick.
 *
 * Keys take turns and have a bounded share of each batch. The items of one key keep their order and are in one batch at a
 * time: the next ones wait for all results of the ones before.
 *
 * `runBatch` resolves when the next batch may run, with the result of each item, or a promise of it.
 */
export function createFairBatches<Item, Result>(
  { keyOf, maxItems, maxItemsPerKey, maxConcurrency }: FairBatchOptions<Item>,
  runBatch: (items: Item[]) => Promise<(Result | Promise<Result>)[]>,
): (item: Item) => Promise<Result> {
  type Entries = Entry<Item, Result>[]
  /** Keys without an item in a batch, in the order of their turns, with their waiting items. */
  const ready = new Map<string, Entries>()
  /** Keys with an item in a batch, with the items that came since. */
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

  /** Two concurrent batches finish sooner than one with all items, unless they are small. */
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
