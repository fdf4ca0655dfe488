export const MAX_SESSIONS_PER_RESUME = 200

export const MAX_EPOCH_LENGTH = 100

/** Unread notifications are counted up to this number. */
export const MAX_UNREAD_COUNT = 999

/** The most notifications above the watermark, of each kind, that a count examines. */
export const MAX_NOTIFICATIONS_EXAMINED = 5000
