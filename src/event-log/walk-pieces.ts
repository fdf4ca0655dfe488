/** Cleans one piece of a table behind a position. Returns where the piece ends; undefined behind the last one. */
export type CleanPiece<Position> = (after: Position) => Promise<Position | undefined>

/** After a whole walk a table is left alone for as long: what was not done by then takes a day anyway. */
const REST_MS = 3_600_000

/**
 * Walks a table from its start to its end, a piece at each call, and begins anew after an hour: a bounded statement needs no
 * index on what is to be removed.
 * @returns what cleans the next piece, and tells whether there may be more at once
 */
export function walkPieces<Position>(start: Position, clean: CleanPiece<Position>): () => Promise<boolean> {
  let position = start
  let restUntil = 0
  return async () => {
    if (performance.now() < restUntil) return false
    const end = await clean(position)
    position = end ?? start
    if (end === undefined) restUntil = performance.now() + REST_MS
    return end !== undefined
  }
}
