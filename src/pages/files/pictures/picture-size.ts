/** Of a picture, in its own pixels, the right way up. */
export interface PictureSize {
  width: number
  height: number
}

const LARGEST_SHOWN: PictureSize = { width: 320, height: 320 }
/** While the size of a picture is not known. */
const USUAL: PictureSize = { width: 240, height: 180 }
const HASH = /#(\d{1,5})x(\d{1,5})$/

const known = new Map<string, PictureSize>()

/** The room that a picture takes in the log. No picture is enlarged. */
export function fitPicture({ width, height }: PictureSize = USUAL): PictureSize {
  const scale = Math.min(1, LARGEST_SHOWN.width / width, LARGEST_SHOWN.height / height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/**
 * Adds the size of a picture to its address, as `#800x600`. The page of the other side then knows it before the picture is
 * loaded, and nothing moves when it is. A fragment is never sent to a server.
 */
export const addSize = (url: string, { width, height }: PictureSize): string => `${url}#${width}x${height}`

/** The size that an address names. Whoever sent it may have written anything there. */
export function readSize(url: string): PictureSize | undefined {
  const [, width, height] = HASH.exec(url)?.map(Number) ?? []
  return width && height ? { width, height } : undefined
}

/** What a loaded picture has shown is right, whatever its address says. */
export function noteSize(href: string, size: PictureSize): void {
  known.set(href, size)
}

export const findSize = (href: string): PictureSize | undefined => known.get(href)
