/**
 * Where in the history a message is. The index of the search knows places, so that a search can begin with the newest
 * messages and stop when it has found enough: a common word is in more messages than can be read.
 *
 * A place is a block of 4,096 ids, or, as a negative number, one of 64 times as many. The index's expression says the same.
 */
const IDS_OF_BLOCK = 4096
const BLOCKS_OF_SECTION = 64

export const blockOf = (messageId: number) => Math.floor(messageId / IDS_OF_BLOCK)
export const firstIdOf = (block: number) => block * IDS_OF_BLOCK

/** Lists the places that cover blocks, from the first to the last one: whole sections where they fit. */
export function coverBlocks(first: number, last: number): number[] {
  const places: number[] = []
  for (let block = first; block <= last;) {
    const isSection = block % BLOCKS_OF_SECTION === 0 && block + BLOCKS_OF_SECTION <= last + 1
    places.push(isSection ? -1 - block / BLOCKS_OF_SECTION : block)
    block += isSection ? BLOCKS_OF_SECTION : 1
  }
  return places
}
