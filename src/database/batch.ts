import DataLoader from 'dataloader'

/**
 * Two concurrent statements keep PostgreSQL busy while the next batch collects; more would only make the batches smaller.
 */
const MAX_CONCURRENCY = 2
const MAX_BATCH_SIZE = 250
/** For sessions with up to 200 messages of 10,000 characters: a larger batch could exceed the longest string of V8. */
export const MAX_SESSIONS_PER_BATCH = 32

/**
 * Lets concurrent calls share a statement: calls that come while statements are running are sent together in the next one.
 * An idle database is asked at once. `runMany` returns its answers in the order of the inputs, an Error where one failed
 * alone; when it rejects, all calls of the batch fail. Nothing is cached.
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
        if (underWay >= MAX_CONCURRENCY) {
          // Whoever makes room runs in the async context of another batch. A reaction runs in the one that it was made in,
          // so a trace shows a statement in a request that asked for it.
          void new Promise<void>((resolve) => waiting.push(resolve)).then(dispatch)
          return
        }
        underWay++
        setImmediate(dispatch)
      },
    },
  )
  return (input) => loader.load(input)
}

/** Lets concurrent reads share a statement. Equal keys share one answer; a key without an answer gives undefined. */
export function batchReads<Key extends string | number, Value>(
  readMany: (keys: Key[]) => Promise<Map<Key, Value>>,
  maxBatchSize?: number,
): (key: Key) => Promise<Value | undefined> {
  return batch<Key, Value | undefined>(async (keys) => {
    const found = await readMany([...new Set(keys)])
    return keys.map((key) => found.get(key))
  }, maxBatchSize)
}
