import { unsupported, type Filter, type Patch } from './filter.js'
import { fileTypes, HEAD_BYTES, type FileType } from './file-types.js'
import type { WholeFile } from './whole-file.js'

/** Looks at an upload's bytes as they come, and at the whole at the end. All of it throws RequestError 415. */
export interface Inspection {
  /** Takes the next bytes and returns those that are kept. */
  push(chunk: Buffer): Buffer[]
  /** Ends the file. Returns the last kept bytes, and what is to be written over the others. */
  end(): { kept: Buffer[]; patches: Patch[] }
  /** The MIME type of the bytes, after `end`. */
  type(): string
  /** Looks at what can be told of the whole only, after `end`. Returns what is to be written over its bytes. */
  checkWhole(file: WholeFile): Promise<Patch[]>
}

const readExtension = (name: string) => /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
const passThrough: Filter = { push: (chunk) => [chunk], end: () => [] }

/**
 * Begins to inspect a file. Its name says which type it claims to be; its bytes have to agree.
 * @param extensions those that are allowed
 * @throws RequestError 415 when the name has none of them
 */
export function inspectBytes(name: string, extensions: readonly string[]): Inspection {
  const claimed = findClaimed(name, extensions)
  let head: Buffer = Buffer.alloc(0)
  let type = ''
  let filter: Filter | undefined

  function begin(): { filter: Filter; kept: Buffer[] } {
    type = recognise(claimed, head)
    const begun = claimed.createFilter?.() ?? passThrough
    filter = begun
    return { filter: begun, kept: begun.push(head) }
  }

  return {
    push(chunk) {
      if (filter !== undefined) return filter.push(chunk)
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      return head.length < HEAD_BYTES ? [] : begin().kept
    },
    end() {
      if (filter !== undefined) return { kept: [], patches: filter.end() }
      const begun = begin()
      return { kept: begun.kept, patches: begun.filter.end() }
    },
    type: () => type,
    checkWhole: async (file) => (await claimed.checkWhole?.(file)) ?? [],
  }
}

function findClaimed(name: string, extensions: readonly string[]): FileType {
  const extension = readExtension(name)
  const claimed = fileTypes.find((fileType) => fileType.extensions.includes(extension))
  if (claimed !== undefined && extensions.includes(extension)) return claimed
  throw unsupported(`Files of this type are not accepted. Accepted: ${extensions.join(', ')}`)
}

/** A text may not begin like a file of another type. */
function recognise(claimed: FileType, head: Buffer): string {
  const type = claimed.recognise(head)
  const isText = type?.startsWith('text/') === true
  const isOther = (other: FileType) => other.recognise(head)?.startsWith('text/') === false
  if (type === undefined || (isText && fileTypes.some(isOther))) {
    throw unsupported('The file is not of the type that its name says')
  }
  return type
}
