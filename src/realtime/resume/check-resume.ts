import { invalidInput } from '../../errors/request-error.js'
import { isStorableText } from '../../http/validation.js'
import { MAX_SESSIONS_PER_RESUME, MAX_EPOCH_LENGTH } from '../../protocol/limits.js'

/** The checked payload of a `resume` frame. */
export interface Resume {
  /** The last seq seen, by session id, in the order of the ids. */
  sessions: [sessionId: number, after: number][]
  epoch: string | null
}

const isSessionId = (key: string) => /^[1-9][0-9]{0,15}$/.test(key) && Number.isSafeInteger(Number(key))
const isSeq = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
/** Syncs of several accounts are read by one statement: a text that PostgreSQL refuses would fail for all of them. */
const isEpoch = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_EPOCH_LENGTH && isStorableText(value)
const shorten = (key: string) => (key.length > 20 ? `${key.slice(0, 20)}…` : key)

/**
 * Checks the payload of a `resume` frame up to the first error. A validator that collects all errors takes time that grows
 * faster than the frame, and answers with a text of the same length.
 * @throws RequestError 400
 */
export function checkResume(payload: unknown): Resume {
  const { sessions, epoch } = (payload ?? {}) as { sessions?: unknown; epoch?: unknown }
  if (typeof sessions !== 'object' || sessions === null || Array.isArray(sessions)) {
    throw invalidInput([{ field: 'sessions', message: 'must be an object' }])
  }
  if (epoch !== undefined && !isEpoch(epoch)) {
    throw invalidInput([{ field: 'epoch', message: `must be a text of at most ${MAX_EPOCH_LENGTH} characters` }])
  }
  const ids = Object.keys(sessions)
  if (ids.length > MAX_SESSIONS_PER_RESUME) {
    throw invalidInput([{ field: 'sessions', message: `must have at most ${MAX_SESSIONS_PER_RESUME} entries` }])
  }
  const read = ids.map((id): [number, number] => {
    const after: unknown = (sessions as Record<string, unknown>)[id]
    if (!isSessionId(id)) throw invalidInput([{ field: `sessions.${shorten(id)}`, message: 'is not a session id' }])
    if (!isSeq(after)) throw invalidInput([{ field: `sessions.${id}`, message: 'must be a whole number from 0 on' }])
    return [Number(id), after]
  })
  return { sessions: read, epoch: epoch ?? null }
}
