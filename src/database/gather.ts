import DataLoader from 'dataloader'

/** Two statements under way keep PostgreSQL busy while the next one collects; more would only make smaller ones. */
const MOST_UNDER_WAY = 2
const MOST_KEYS = 250

/**
 * Turns single reads into shared ones: what is asked for while statements are under way travels in the next statement
 * together. An idle database is asked at once. Equal keys share one answer; nothing is cached.
 */
export function gatherReads<Key extends string | number, Value>(
  readMany: (keys: Key[]) => Promise<Map<Key, Value>>,
): (key: Key) => Promise<Value | undefined> {
  const waiting: (() => void)[] = []
  let underWay = 0
  const loader = new DataLoader<Key, Value | undefined>(
    async (keys) => {
      try {
        const found = await readMany([...new Set(keys)])
        return keys.map((key) => found.get(key))
      } finally {
        const next = waiting.shift()
        if (next) next()
        else underWay--
      }
    },
    {
      cache: false,
      maxBatchSize: MOST_KEYS,
      batchScheduleFn(dispatch) {
        if (underWay >= MOST_UNDER_WAY) return waiting.push(dispatch)
        underWay++
        return setImmediate(dispatch)
      },
    },
  )
  return (key) => loader.load(key)
}
