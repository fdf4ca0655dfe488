import { useLayoutEffect, useRef } from 'preact/hooks'
import { fitPicture } from './picture-size.js'
import type { Preview } from './preview.js'

/** Draws the preview of a local picture. It is hidden from screen readers, because its callers render the file name. */
export function PreviewCanvas({ preview: { size, bitmap } }: { preview: Preview }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const target = canvas.current
    if (target === null) return
    target.width = bitmap.width
    target.height = bitmap.height
    const { width, height } = fitPicture(size)
    target.style.width = `${width}px`
    target.style.aspectRatio = `${width} / ${height}`
    target.getContext('2d')?.drawImage(bitmap, 0, 0)
  }, [bitmap])
  return <canvas ref={canvas} aria-hidden="true" />
}
