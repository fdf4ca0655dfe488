/**
 * Milliseconds that pass evenly, for durations: `Date.now` jumps when the clock of the device is set. Browsers, Node.js and
 * React Native have such a clock.
 */
export const now = (): number => (typeof performance === 'object' ? performance.now() : Date.now())
