import { formatValue, isBinary } from './format-value.js'
import type { PanelData, Series } from './read-dashboard.js'

const COLORS = [
  ...['#3f8f4f', '#c98a00', '#2f6fbf', '#c4452f', '#7a4fb5', '#0f8f8f', '#b8437d', '#6b7a1f', '#5b6472', '#8a5a2b'],
] as const

export const colorAt = (index: number) => COLORS[index % COLORS.length] ?? ''

interface Frame {
  width: number
  height: number
  /** The area of the lines: x of its left side, y of its bottom, and the values of the axes. */
  left: number
  bottom: number
  from: number
  to: number
  top: number
}

const AXIS_WIDTH = 62
const AXIS_HEIGHT = 18
const HEADROOM = 6
const CLOCK_WIDTH = 16
const LINES = 4

/** Draws the lines of a panel as SVG, with axes that begin at 0 and at the start of the run. */
export function drawChart({ series, unit }: PanelData, width: number, height: number): string {
  const points = series.flatMap((one) => one.points)
  const times = points.map(([at]) => at)
  const values = points.map(([, value]) => value).filter(Number.isFinite)
  const frame: Frame = {
    ...{ width, height, left: AXIS_WIDTH, bottom: height - AXIS_HEIGHT },
    ...{
      from: Math.min(...times),
      to: Math.max(...times),
      top: roundUp(Math.max(0, ...values), isBinary(unit) ? 1024 : 1000),
    },
  }
  return `<svg width="${width}" height="${height}">${drawAxes(frame, unit)}${series
    .map((one, index) => drawLine(frame, one, colorAt(index)))
    .join('')}</svg>`
}

/** Rounds up to a number that is round with the prefixes of a base, so that the values of the grid are round, too. */
function roundUp(value: number, base: 1000 | 1024): number {
  if (value <= 0) return 1
  const prefix = base ** Math.floor(Math.log(value) / Math.log(base))
  const power = prefix * 10 ** Math.floor(Math.log10(value / prefix))
  return ([1, 2, 4, 6, 8, 10].find((factor) => factor * power >= value) ?? 10) * power
}

const toY = ({ bottom, top }: Frame, value: number) => bottom - ((bottom - HEADROOM) * value) / top
const toX = ({ width, left, from, to }: Frame, at: number) =>
  left + ((width - left) * (at - from)) / Math.max(to - from, 1)

function drawAxes(frame: Frame, unit: string): string {
  const { width, height, left, from, to, top } = frame
  const rows = Array.from({ length: LINES + 1 }, (_, index) => {
    const value = (top * index) / LINES
    const y = toY(frame, value).toFixed(1)
    return `<path class="grid" d="M${left} ${y}H${width}"/><text x="${left - 6}" y="${y}" dy="4" text-anchor="end">${formatValue(value, unit)}</text>`
  })
  const seconds = to - from
  const step = [10, 15, 30, 60, 120, 300, 600, 1800].find((candidate) => seconds / candidate <= 6) ?? 3600
  const columns = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => {
    const at = index * step
    const clock = `${Math.floor(at / 60)}:${String(at % 60).padStart(2, '0')}`
    const x = toX(frame, from + at)
    const anchor = index === 0 ? 'start' : x > width - CLOCK_WIDTH ? 'end' : 'middle'
    return `<text x="${x.toFixed(1)}" y="${height - 4}" text-anchor="${anchor}">${clock}</text>`
  })
  return [...rows, ...columns].join('')
}

/** Draws a line, with gaps where there is no number. */
function drawLine(frame: Frame, { points }: Series, color: string): string {
  let isBroken = true
  const path = points.flatMap(([at, value]) => {
    if (!Number.isFinite(value)) {
      isBroken = true
      return []
    }
    const command = isBroken ? 'M' : 'L'
    isBroken = false
    return `${command}${toX(frame, at).toFixed(1)} ${toY(frame, value).toFixed(1)}`
  })
  return `<path class="line" stroke="${color}" d="${path.join('')}"/>`
}
