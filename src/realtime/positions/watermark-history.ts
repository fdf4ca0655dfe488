import type { DatabaseState } from './recent-events.js'

export interface SettledState extends DatabaseState {
  /** From when to when it was read, by `performance.now()`; -Infinity for the state that the node began with. */
  readFrom: number
  readUntil: number
}

/**
 * Up to where the log of all events is settled on this node: every event with an id up to `floor` was delivered to the sockets
 * that were owed it, or its session has a position here, which shows that it is missing.
 *
 * Ids are assigned before the commit, so a smaller id may still appear after a larger one was read. The floor is therefore
 * the state of an earlier round of the reconciler: one that is older than the longest statement.
 */
export interface WatermarkHistory {
  floor(): SettledState
  /** An event that was committed before this time of the database's clock, in ms, is settled. */
  settledBefore(): number
  /**
   * Begins a round at the state that was read for it from a time of `performance.now()` on. When the database was set back, the floor falls to that state. Returns
   * the function to call when the round has succeeded: only then may the floor rise to it later.
   */
  begin(newest: DatabaseState, readFrom: number): () => void
}

export function createWatermarkHistory(opened: DatabaseState, overlapMs: number): WatermarkHistory {
  let floor: SettledState = { ...opened, readFrom: -Infinity, readUntil: -Infinity }
  let later: SettledState[] = []
  let lastRoundAt = -Infinity

  return {
    floor: () => floor,
    settledBefore: () => floor.at - overlapMs,
    begin(newest, readFrom) {
      const readUntil = performance.now()
      for (let [next] = later; next && next.readUntil <= lastRoundAt - overlapMs; [next] = later) {
        floor = next
        later.shift()
      }
      floor = lower(floor, newest)
      later = later.map((state) => lower(state, newest))
      return () => {
        later.push({ ...newest, readFrom, readUntil })
        lastRoundAt = readUntil
      }
    },
  }
}

const lower = (state: SettledState, newest: DatabaseState): SettledState => ({
  ...state,
  at: Math.min(state.at, newest.at),
  sessionId: Math.min(state.sessionId, newest.sessionId),
  messageId: Math.min(state.messageId, newest.messageId),
  changeId: Math.min(state.changeId, newest.changeId),
})
