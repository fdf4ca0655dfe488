/** Counters in Redis that all nodes share. */
export interface SharedCounters {
  /**
   * Runs a Lua script with some keys, and as many values for each of them. Returns an answer for each key, in their order.
   * @throws while Redis is away or refuses
   */
  evaluate(script: string, calls: { key: string; values: number[] }[]): Promise<number[]>
}
