const off = { perSecond: 0, burst: 0 }

/** Turns rate limits off, for tests in which one account sends more requests than a real client. */
export const noLimits = { requests: off, messages: off, failedAuthPerMinute: 0 }

/** The same for a server in its own process. */
export const noLimitsEnvironment = {
  LIMIT_REQUESTS_PER_SECOND: '0',
  LIMIT_MESSAGES_PER_SECOND: '0',
  LIMIT_FAILED_AUTH_PER_MINUTE: '0',
}
