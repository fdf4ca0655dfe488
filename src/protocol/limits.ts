export const MAX_SESSIONS_PER_RESUME = 200

export const MAX_EPOCH_LENGTH = 100

/** Up to so many are counted. */
export const MAX_UNREAD_COUNT = 999

/** So many of the newest since the watermark, of each kind, are looked at. */
export const MAX_NOTIFICATIONS_EXAMINED = 5000
