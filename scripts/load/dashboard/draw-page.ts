import { colorAt, drawChart } from './draw-chart.js'
import { formatValue } from './format-value.js'
import type { PanelData } from './read-dashboard.js'

const COLUMN = 58
const ROW = 27
const GAP = 8
const PADDING = 10
const TITLE_HEIGHT = 26
const LEGEND_LINE = 16
const MAX_LEGEND_LINES = 3
/** Approximate width of a letter, and the gap between two names. */
const LETTER = 6
const NAME_GAP = 30
const COLUMNS = 24

const STYLE = `
  body { margin: 0; background: #f3f4f6; color: #24292f; font: 13px system-ui, sans-serif }
  main { position: relative; margin: 0 auto }
  main > * { position: absolute; box-sizing: border-box }
  section { background: #fff; border: 1px solid #d8dce1; border-radius: 3px; overflow: hidden; padding: 0 ${PADDING}px }
  h2 { margin: 0; font-size: 14px; line-height: ${ROW}px }
  h3 { margin: 0; font-size: 13px; font-weight: 600; line-height: ${TITLE_HEIGHT}px }
  .value { font-size: 30px; text-align: center; line-height: 52px }
  .grid { stroke: #e6e9ed } .line { fill: none; stroke-width: 1.5 } text { font-size: 11px; fill: #57606a }
  ul { display: flex; flex-wrap: wrap; gap: 0 12px; margin: 4px 0 0; padding: 0; list-style: none; font-size: 11px; line-height: ${LEGEND_LINE}px }
  li::before { content: ''; display: inline-block; width: 12px; height: 3px; margin-right: 4px; vertical-align: 3px; background: var(--color) }
`

/** Draws the dashboard with the data of a run, as a self-contained page. */
export function drawPage(title: string, panels: PanelData[]): string {
  const height = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * ROW
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8" />
<title>${escape(title)}</title>
<style>${STYLE}</style>
<main style="width:${COLUMNS * COLUMN}px;height:${height + GAP}px">
${panels.map(drawPanel).join('\n')}
</main>
</html>
`
}

function drawPanel(panel: PanelData): string {
  const { gridPos, title, type } = panel
  const width = gridPos.w * COLUMN - GAP
  const height = gridPos.h * ROW - GAP
  const style = `left:${gridPos.x * COLUMN + GAP / 2}px;top:${gridPos.y * ROW + GAP}px;width:${width}px;height:${height}px`
  if (type === 'row') return `<h2 style="${style}">${escape(title)}</h2>`
  const content = type === 'stat' ? drawValue(panel) : drawLines(panel, width - 2 * PADDING, height)
  return `<section style="${style}"><h3>${escape(title)}</h3>${content}</section>`
}

/** The last value of the run. */
function drawValue({ series, unit, valueNames }: PanelData): string {
  const [, last] = series[0]?.points.findLast(([, value]) => Number.isFinite(value)) ?? []
  const text = last === undefined ? 'no data' : (valueNames[String(last)] ?? formatValue(last, unit))
  return `<div class="value">${escape(text)}</div>`
}

function drawLines(panel: PanelData, width: number, height: number): string {
  if (panel.series.length === 0) return '<p>no data</p>'
  const names = panel.series.map(
    ({ name }, index) => `<li style="--color:${colorAt(index)}">${escape(name === '' ? 'value' : name)}</li>`,
  )
  const letters = panel.series.reduce((sum, { name }) => sum + name.length * LETTER + NAME_GAP, 0)
  const legend = Math.min(Math.ceil(letters / width), MAX_LEGEND_LINES) * LEGEND_LINE
  return `${drawChart(panel, width, height - TITLE_HEIGHT - legend - GAP)}<ul>${names.join('')}</ul>`
}

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
