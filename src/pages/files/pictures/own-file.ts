import { serviceUrl } from '../../browser/service.js'
import { nameFile } from '../../text/links.js'
import { findSize, readSize, type PictureSize } from './picture-size.js'

/** A file of this service. */
export interface OwnFile {
  /** Of the origin that this page came from, so that its policy allows it. */
  href: string
  name: string
  /** Of a picture, where it is known. */
  size: PictureSize | undefined
}

const FILE_PATH = /\/(v1\/chat\/files\/[\w-]{22}\/[^/]+)\/?$/
/** What every browser decodes. HEIC is a file like any other: most do not. */
const PICTURE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

/**
 * The file that an address is of; undefined when it is none of this service. The service may be known by more than one
 * address: the path decides.
 */
export function readOwnFile(address: string): OwnFile | undefined {
  const path = URL.canParse(address) ? FILE_PATH.exec(new URL(address).pathname)?.[1] : undefined
  if (path === undefined) return undefined
  const { href } = new URL(path, serviceUrl)
  return { href, name: nameFile(href), size: findSize(href) ?? readSize(address) }
}

export const isPicture = (type: string): boolean => PICTURE_TYPES.includes(type)
