/** Upper bounds of durations in seconds, from a quick statement to a request that is about to time out. */
export const DURATION_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/** Counts values by size. To observe one costs a short search and two additions, so that hot paths can afford it. */
export class Histogram {
  /** How many values fell between a bound and the one before; the last number counts those above all bounds. */
  readonly counts: number[]
  /** The sum of all values. */
  sum = 0

  /** @param bounds in ascending order; a value belongs to the first bound that it does not exceed */
  constructor(readonly bounds: readonly number[] = DURATION_BOUNDS) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    let place = 0
    while (value > (this.bounds[place] ?? Infinity)) place++
    this.counts[place] = (this.counts[place] ?? 0) + 1
    this.sum += value
  }
}
