import { fitPicture, type PictureSize } from './picture-size.js'
import { isPicture } from './own-file.js'

/** The preview of a local picture that is to be sent. */
export interface Preview {
  /** The natural size of the picture. */
  size: PictureSize
  /** Scaled down to its displayed size. */
  bitmap: ImageBitmap
}

const MOST_PIXELS_PER_PX = 2

/** Pictures are decoded one at a time, because decoding a large photo takes 100 MB. */
let previous: Promise<unknown> = Promise.resolve()

/**
 * Decodes a picture. Resolves with undefined for other files and for pictures that this browser cannot decode. An object
 * URL would be simpler, but needs `blob:` in the page's Content-Security-Policy.
 */
export function readPreview(file: File): Promise<Preview | undefined> {
  if (!isPicture(file.type)) return Promise.resolve(undefined)
  const reading = previous.then(() => decode(file)).catch(() => undefined)
  previous = reading
  return reading
}

async function decode(file: File): Promise<Preview> {
  const whole = await createImageBitmap(file)
  const size = { width: whole.width, height: whole.height }
  const scale = Math.min(MOST_PIXELS_PER_PX, Math.ceil(devicePixelRatio))
  const { width, height } = fitPicture(size)
  const bitmap = await createImageBitmap(whole, {
    resizeWidth: Math.min(size.width, width * scale),
    resizeHeight: Math.min(size.height, height * scale),
    resizeQuality: 'medium',
  })
  whole.close()
  return { size, bitmap }
}
