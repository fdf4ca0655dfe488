import { useLayoutEffect, useRef } from 'preact/hooks'
import { fitPicture } from './picture-size.js'
import type { Preview } from './preview.js'

/** A picture of this device. Its name stands beside it, or it is in an element that has the name. */
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
