import DataLoader from 'dataloader'

/**
 * Two concurrent statements keep PostgreSQL busy while the next batch fills; more would only make the batches smaller.
 */
const MAX_CONCURRENCY = 2
const MAX_BATCH_SIZE = 250
/**
 * Limit for reads of sessions with up to 200 messages of 10,000 characters each: a larger batch could exceed V8's
 * longest string.
 */
export const MAX_SESSIONS_PER_BATCH = 32

/**
 * Lets concurrent calls share a statement: calls that arrive while two statements are running are sent together in the
 * next one. An idle database is asked at once. `runMany` returns its results in the order of the inputs, with an Error
 * for each input that failed by itself. When it rejects, all calls of the batch fail. Nothing is cached.
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
          // The batch that ends runs in its own async context. A promise reaction runs in the context in which it was
          // created, so a trace shows the statement in a request that asked for it.
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

/**
 * Lets concurrent reads share a statement. Equal keys share one result; a key without a result resolves to undefined.
 */
export function batchReads<Key extends string | number, Value>(
  readMany: (keys: Key[]) => Promise<Map<Key, Value>>,
  maxBatchSize?: number,
): (key: Key) => Promise<Value | undefined> {
  return batch<Key, Value | undefined>(async (keys) => {
    const found = await readMany([...new Set(keys)])
    return keys.map((key) => found.get(key))
  }, maxBatchSize)
}
