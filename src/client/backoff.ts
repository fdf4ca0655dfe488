import type { Timing } from './options.js'

/**
 * Full jitter: anything from nothing to a bound that doubles with each try, so that those who were cut off together do not
 * come back together.
 */
export function chooseRetryMs(random: () => number, { retryMs, longestRetryMs }: Timing, tries: number): number {
  return random() * Math.min(longestRetryMs, retryMs * 2 ** tries)
}
