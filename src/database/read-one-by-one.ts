/**
 * Reads keys one after the other. Calls for a key that is still waiting share its result. A read that has started is
 * not shared: its snapshot may be older than what the caller has just written.
 * `read` can ask whether other keys wait.
 */
export function readOneByOne<Key, Value>(
  read: (key: Key, doOthersWait: () => boolean) => Promise<Value>,
): (key: Key) => Promise<Value> {
  const waiting = new Map<Key, Promise<Value>>()
  let last: Promise<unknown> = Promise.resolve()
  return (key) => {
    const shared = waiting.get(key)
    if (shared !== undefined) return shared
    const answer = last.then(() => {
      waiting.delete(key)
      return read(key, () => waiting.size > (waiting.has(key) ? 1 : 0))
    })
    waiting.set(key, answer)
    last = answer.catch(() => undefined)
    return answer
  }
}
