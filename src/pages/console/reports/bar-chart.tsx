import type { Measure, NamedRow } from './report-rows.js'

interface BarChartProps {
  title: string
  measure: Measure
  rows: readonly NamedRow[]
}

/** Close to the displayed width, so that the labels are scaled little. */
const WIDTH = 380
const HEIGHT = 140
const FOOT = 18
const LABELS = 5
const THINNEST = 2

/** A bar chart. It is hidden from screen readers, which get the same numbers from the table below. */
export function BarChart({ title, measure, rows }: BarChartProps) {
  const { valueOf, secondOf, format } = measure
  const highest = Math.max(0, ...rows.map((row) => Math.max(valueOf(row) ?? 0, secondOf?.(row) ?? 0)))
  const step = WIDTH / Math.max(1, rows.length)
  const heightOf = (value: number | null | undefined) =>
    highest === 0 ? 0 : ((value ?? 0) / highest) * (HEIGHT - FOOT - 4)
  const barWidth = Math.max(THINNEST, step * 0.7)
  const everyNth = Math.max(1, Math.ceil(rows.length / LABELS))
  const bar = (place: number, value: number | null | undefined, kind: string) => {
    const height = heightOf(value)
    return (
      <rect
        class={kind}
        x={place * step + (step - barWidth) / 2}
        y={HEIGHT - FOOT - height}
        width={barWidth}
        height={height}
      />
    )
  }
  return (
    <figure class="chart" aria-hidden="true">
      <figcaption>
        {title} <span class="muted">{highest > 0 && `≤ ${format(highest)}`}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} focusable="false">
        <line class="axis" x1={0} x2={WIDTH} y1={HEIGHT - FOOT} y2={HEIGHT - FOOT} />
        {rows.map((row, place) => (
          <g key={row.key}>
            {secondOf && bar(place, secondOf(row), 'second')}
            {bar(place, valueOf(row), 'first')}
            <title>{describe(row, measure)}</title>
            {place % everyNth === 0 && (
              <text x={place * step + step / 2} y={HEIGHT - 4} text-anchor={place === 0 ? 'start' : 'middle'}>
                {row.name}
              </text>
            )}
          </g>
        ))}
      </svg>
    </figure>
  )
}

function describe(row: NamedRow, { valueOf, secondOf, format }: Measure): string {
  const shown = [valueOf(row), secondOf?.(row)].map((value) => (value == null ? undefined : format(value)))
  return `${row.name}: ${shown.filter((value) => value !== undefined).join(' / ') || '–'}`
}
