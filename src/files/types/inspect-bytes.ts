import { unsupported, type Filter, type Patch } from './filter.js'
import { fileTypes, HEAD_BYTES, type FileType } from './file-types.js'
import type { WholeFile } from './whole-file.js'

/**
 * Inspects the bytes of an upload as they arrive, and the complete file at the end. Every method may throw RequestError
 * 415.
 */
export interface Inspection {
  /** Takes the next bytes and returns those that are kept. */
  push(chunk: Buffer): Buffer[]
  /** Ends the file. Returns the last kept bytes, and patches of the kept bytes. */
  end(): { kept: Buffer[]; patches: Patch[] }
  /** The MIME type of the bytes, after `end`. */
  type(): string
  /** Checks, after `end`, what only the complete file shows. Returns what is to be written over its bytes. */
  checkWhole(file: WholeFile): Promise<Patch[]>
}

const readExtension = (name: string) => /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
const passThrough: Filter = { push: (chunk) => [chunk], end: () => [] }

/**
 * Starts the inspection of a file. The extension of its name claims a type; its bytes have to match.
 * @param extensions the accepted ones
 * @throws RequestError 415 when the name has none of them
 */
export function inspectBytes(name: string, extensions: readonly string[]): Inspection {
  const claimed = findClaimed(name, extensions)
  let head: Buffer = Buffer.alloc(0)
  let type = ''
  let filter: Filter | undefined

  function begin(): { filter: Filter; kept: Buffer[] } {
    type = recognise(claimed, head)
    const started = claimed.createFilter?.() ?? passThrough
    filter = started
    return { filter: started, kept: started.push(head) }
  }

  return {
    push(chunk) {
      if (filter !== undefined) return filter.push(chunk)
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      return head.length < HEAD_BYTES ? [] : begin().kept
    },
    end() {
      if (filter !== undefined) return { kept: [], patches: filter.end() }
      const started = begin()
      return { kept: started.kept, patches: started.filter.end() }
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

/** Returns the MIME type of the bytes. A text may not begin like a file of another type. */
function recognise(claimed: FileType, head: Buffer): string {
  const type = claimed.recognise(head)
  const isText = type?.startsWith('text/') === true
  const isOther = (other: FileType) => other.recognise(head)?.startsWith('text/') === false
  if (type === undefined || (isText && fileTypes.some(isOther))) {
    throw unsupported('The file is not of the type that its name says')
  }
  return type
}
