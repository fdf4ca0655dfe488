const off = { perSecond: 0, burst: 0 }

/** For a node of a test in which one account asks for more than any honest client does. */
export const noLimits = { requests: off, messages: off, failedAuthPerMinute: 0 }

/** The same for a server in a process of its own. */
export const noLimitsEnvironment = {
  LIMIT_REQUESTS_PER_SECOND: '0',
  LIMIT_MESSAGES_PER_SECOND: '0',
  LIMIT_FAILED_AUTH_PER_MINUTE: '0',
}
