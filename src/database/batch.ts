import DataLoader from 'dataloader'

/** Two statements under way keep PostgreSQL busy while the next one collects; more would only make smaller ones. */
const MAX_CONCURRENCY = 2
const MAX_BATCH_SIZE = 250
/** Of what may come with 200 messages of 10,000 characters each: together they stay below the longest string there is. */
export const MAX_SESSIONS_PER_BATCH = 32

/**
 * Lets concurrent calls share a statement: what is asked for while statements are under way travels in the next one
 * together. An idle database is asked at once. `runMany` answers in the order of its inputs, an Error for what failed
 * alone; when it rejects, all fail. Nothing is cached.
 */
export function batch<Input, Output>(
  runMany: (inputs: readonly Input[]) => Promise<(Output | Error)[]>,
  maxBatchSize = MAX_BATCH_SIZE,
): (input: Input) => Promise<Output> {
  const waiting: (() => void)[] = []
  let underWay = 0
  const loader = new DataLoader<Input, Output>(
    async (inputs) => {
      try {
        return await runMany(inputs)
      } finally {
        const next = waiting.shift()
        if (next) next()
        else underWay--
      }
    },
    {
      cache: false,
      maxBatchSize,
      batchScheduleFn(dispatch) {
        if (underWay >= MAX_CONCURRENCY) return waiting.push(dispatch)
        underWay++
        return setImmediate(dispatch)
      },
    },
  )
  return (input) => loader.load(input)
}

/** Lets concurrent reads share a statement. Equal keys share one answer; a key without one gives undefined. */
export function batchReads<Key extends string | number, Value>(
  readMany: (keys: Key[]) => Promise<Map<Key, Value>>,
  maxBatchSize?: number,
): (key: Key) => Promise<Value | undefined> {
  return batch<Key, Value | undefined>(async (keys) => {
    const found = await readMany([...new Set(keys)])
    return keys.map((key) => found.get(key))
  }, maxBatchSize)
}
