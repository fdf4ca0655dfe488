/** The natural size of a picture in pixels, with its EXIF orientation applied. */
export interface PictureSize {
  width: number
  height: number
}

const LARGEST_SHOWN: PictureSize = { width: 320, height: 320 }
/** The placeholder for a picture whose size is not known yet. */
const USUAL: PictureSize = { width: 240, height: 180 }
const HASH = /#(\d{1,5})x(\d{1,5})$/

const known = new Map<string, PictureSize>()

/** The displayed size of a picture in the log, in CSS pixels. Small pictures are not enlarged. */
export function fitPicture({ width, height }: PictureSize = USUAL): PictureSize {
  const scale = Math.min(1, LARGEST_SHOWN.width / width, LARGEST_SHOWN.height / height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/**
 * Adds the size of a picture to its URL, as `#800x600`. The other side's page can then reserve the space before the picture
 * is loaded, which avoids layout shifts. Browsers do not send fragments to servers.
 */
export const addSize = (url: string, { width, height }: PictureSize): string => `${url}#${width}x${height}`

/** The size in the fragment of a URL. It comes from the sender and may be wrong. */
export function readSize(url: string): PictureSize | undefined {
  const [, width, height] = HASH.exec(url)?.map(Number) ?? []
  return width && height ? { width, height } : undefined
}

/** Caches the size of a loaded picture. It takes precedence over the size in the URL. */
export function noteSize(href: string, size: PictureSize): void {
  known.set(href, size)
}

export const findSize = (href: string): PictureSize | undefined => known.get(href)
