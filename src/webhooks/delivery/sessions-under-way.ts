/** The sessions that this node is delivering. */
export interface SessionsUnderWay {
  /** How many more sessions each webhook may have; without those that have all they may. */
  roomOf(webhookIds: readonly number[], mostOfEach: number): Map<number, number>
  /** Counts a session until its work has ended, which must not reject. */
  add(webhookId: number, work: Promise<void>): void
  /** Waits until all have ended. */
  end(): Promise<void>
}

export function createSessionsUnderWay(): SessionsUnderWay {
  const counts = new Map<number, number>()
  const underWay = new Set<Promise<void>>()

  function count(webhookId: number, by: number): void {
    const sum = (counts.get(webhookId) ?? 0) + by
    if (sum === 0) counts.delete(webhookId)
    else counts.set(webhookId, sum)
  }

  return {
    roomOf(webhookIds, mostOfEach) {
      const rooms = webhookIds.map((id): [number, number] => [id, mostOfEach - (counts.get(id) ?? 0)])
      return new Map(rooms.filter(([, room]) => room > 0))
    },
    add(webhookId, work) {
      count(webhookId, 1)
      const counted = work.finally(() => {
        count(webhookId, -1)
        underWay.delete(counted)
      })
      underWay.add(counted)
    },
    async end() {
      await Promise.all(underWay)
    },
  }
}
