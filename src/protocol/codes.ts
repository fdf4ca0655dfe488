/** Why the server ends a socket. */
export const closeCodes = {
  /** Reconnect, after a random pause. */
  goingAway: 1001,
  policy: 1008,
  tooBig: 1009,
  ourFault: 1011,
  /** Do not reconnect with this token. */
  tokenRevoked: 4001,
  /** Reconnect and resume. */
  tooSlow: 4008,
  tooManyFrames: 4029,
} as const

export const errorCodes: Record<number, string> = {
  400: 'invalid_input',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  429: 'too_many',
  503: 'unavailable',
}
