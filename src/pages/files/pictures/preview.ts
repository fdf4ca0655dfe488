import { fitPicture, type PictureSize } from './picture-size.js'
import { isPicture } from './own-file.js'

/** A picture of this device that is to be sent. */
export interface Preview {
  /** Of the picture itself. */
  size: PictureSize
  /** As large as it is shown. */
  bitmap: ImageBitmap
}

const MOST_PIXELS_PER_PX = 2

/** One after the other: a large photo takes 100 MB while it is decoded. */
let previous: Promise<unknown> = Promise.resolve()

/** Undefined for what is no picture, or none that this browser can decode. An address of the file would need `blob:` in the policy. */
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
