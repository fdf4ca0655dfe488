/** One line of a chart, a point for each second; null where there is none. */
export interface Line {
  name: string
  points: (number | null)[]
}

const WIDTH = 640
const HEIGHT = 180
const LEFT = 56
const RIGHT = 8
const TOP = 12
const BOTTOM = 28
const TICKS = 4

/** An SVG of lines over the seconds of a run. It takes its colours from the style sheet of its page. */
export function drawChart(title: string, unit: string, lines: Line[]): string {
  const seconds = Math.max(2, ...lines.map(({ points }) => points.length))
  const top = roundUp(Math.max(1, ...lines.flatMap(({ points }) => points.map((point) => point ?? 0))))
  const x = (second: number) => LEFT + (second / (seconds - 1)) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM)
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => (top / TICKS) * index)
  const rows = ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text x="${LEFT - 6}" y="${y(tick) + 4}" text-anchor="end">${format(tick)}</text>`,
  )
  const paths = lines.map(({ points }, index) => `<path class="line line-${index}" d="${drawPath(points, x, y)}"/>`)
  const label = escapeText(`${title}, ${unit}, by second: ${lines.map(describeLine).join('; ')}`)
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">`,
    ...rows,
    `<text x="${LEFT}" y="${HEIGHT - 8}">0 s</text>`,
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${seconds - 1} s</text>`,
    ...paths,
    '</svg>',
  ].join('')
}

export const escapeText = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A number as people read it. */
export const format = (value: number) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })

/** A gap where nothing was measured; a dot where its neighbours are gaps. */
function drawPath(points: (number | null)[], x: (second: number) => number, y: (value: number) => number): string {
  return points
    .map((point, second) => {
      if (point === null) return ''
      const place = `${x(second).toFixed(1)} ${y(point).toFixed(1)}`
      return points[second - 1] == null ? `M${place}h0` : `L${place}`
    })
    .join('')
}

function describeLine({ name, points }: Line): string {
  const values = points.filter((point) => point !== null)
  return values.length === 0
    ? `${name} none`
    : `${name} from ${format(Math.min(...values))} to ${format(Math.max(...values))}`
}

/** The next of 1, 2, 4, 5 or 8 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4, 5, 8].find((step) => step * power >= value) ?? 10) * power
}
