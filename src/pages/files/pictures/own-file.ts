import { serviceUrl } from '../../browser/service.js'
import { nameFile } from '../../text/links.js'
import { findSize, readSize, type PictureSize } from './picture-size.js'

/** A file that this service stores. */
export interface OwnFile {
  /** Has the origin of this page, so that the page's Content-Security-Policy allows it. */
  href: string
  name: string
  /** The size of a picture, if known. */
  size: PictureSize | undefined
}

const FILE_PATH = /\/(v1\/chat\/files\/[\w-]{22}\/[^/]+)\/?$/
/** The types that every browser decodes. Most browsers do not decode HEIC, so it is shown as a file. */
const PICTURE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

/**
 * The file at a URL; undefined if this service does not store it. Only the path is compared, because the service may have
 * several origins.
 */
export function readOwnFile(address: string): OwnFile | undefined {
  const path = URL.canParse(address) ? FILE_PATH.exec(new URL(address).pathname)?.[1] : undefined
  if (path === undefined) return undefined
  const { href } = new URL(path, serviceUrl)
  return { href, name: nameFile(href), size: findSize(href) ?? readSize(address) }
}

export const isPicture = (type: string): boolean => PICTURE_TYPES.includes(type)
