/** Upper bounds of durations in seconds, from a quick statement to a request that is about to time out. */
export const DURATION_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/** Counts values in buckets. An observation costs a short search and two additions, which hot paths can afford. */
export class Histogram {
  /** The number of values in each bucket; the last one counts the values above all bounds. */
  readonly counts: number[]
  /** The sum of all values. */
  sum = 0

  /** @param bounds in ascending order; a value belongs to the first bound that it does not exceed */
  constructor(readonly bounds: readonly number[] = DURATION_BOUNDS) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    let index = 0
    while (value > (this.bounds[index] ?? Infinity)) index++
    this.counts[index] = (this.counts[index] ?? 0) + 1
    this.sum += value
  }
}
