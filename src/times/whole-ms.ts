/** The monotonic clock in whole milliseconds. V8 keeps such numbers in an object itself, unlike the time of day. */
export const wholeMs = (): number => Math.trunc(performance.now())
