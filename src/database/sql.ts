/** SQL of a moment as an ISO 8601 UTC string with milliseconds, ending in `Z`. */
export const utc = (moment: string) => `to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** An id as it comes from PostgreSQL, for the wire, where all ids are below 2^53. */
export const idOrNull = (id: bigint | null) => (id === null ? null : Number(id))
