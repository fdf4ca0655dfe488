import { drawChart, escapeText, format } from './chart.js'
import type { Count, Summary, Threshold, Times } from './summary.js'

const style = `
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fff; --faint: #d8dce0; --quiet: #5a6169;
  --one: #0b62c4; --two: #b3470b; --good: #1a7132; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #16181b; --faint: #363b41; --quiet: #a3abb3;
  --one: #6db1ff; --two: #ffa263; --good: #6fcf86; --bad: #ff8a80 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 44rem;
  margin: 2rem auto; padding: 0 1rem }
section { margin-top: 3rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--faint) }
.number { text-align: right }
.passed { color: var(--good) } .failed { color: var(--bad); font-weight: bold }
small, figcaption { color: var(--quiet) }
figure { margin: 1.5rem 0 } svg { width: 100%; height: auto } svg text { font-size: 12px; fill: var(--quiet) }
.grid { stroke: var(--faint) }
.line { fill: none; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
.line-0 { stroke: var(--one) } .line-1 { stroke: var(--two); stroke-dasharray: 5 4 }
`

/** A page of its own, without scripts and without anything from elsewhere. */
export function renderPage(summaries: Summary[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>store-chat: load tests</title>
<style>${style}</style>
<h1>Load tests</h1>
<p>Two nodes, PostgreSQL, Redis and the load itself shared one machine: read what was lost and what was not, and the times
as an upper bound.</p>
${summaries.map(renderRun).join('\n')}
</html>
`
}

function renderRun({ script, shows, startedAt, tookSeconds, k6, machine, ...found }: Summary): string {
  return `<section aria-labelledby="${escapeText(script)}">
<h2 id="${escapeText(script)}">${escapeText(script)}: ${renderVerdict(found.passed)}</h2>
<p>${escapeText(shows)}</p>
<p><small>${escapeText(`${startedAt}, ${tookSeconds} s, k6 ${k6}, ${machine}`)}</small></p>
${renderThresholds(found.thresholds)}
${found.times.length > 0 ? renderTimes(found.times) : ''}
${found.counts.length > 0 ? renderCounts(found.counts) : ''}
${found.times
  .filter(({ count }) => count > 0)
  .map(chartTimes)
  .join('\n')}
${found.counts
  .filter(({ counts }) => counts.length > 1 && counts.some((count) => count > 0))
  .map(chartCount)
  .join('\n')}
</section>`
}

const renderVerdict = (passed: boolean) =>
  passed ? '<span class="passed">passed</span>' : '<span class="failed">failed</span>'

function renderThresholds(thresholds: Threshold[]): string {
  const rows = thresholds.map(
    ({ metric, condition, passed }) =>
      `<tr><td>${escapeText(metric)}<td><code>${escapeText(condition)}</code><td>${renderVerdict(passed)}`,
  )
  return renderTable('What had to hold', '<th>metric<th>threshold<th>verdict', rows)
}

function renderTimes(times: Times[]): string {
  const rows = times.map(({ name, count, ...found }) => {
    const cells = [count, found.median, found.p95, found.p99, found.highest]
    return `<tr><td>${nameInWords(name)}${cells.map((value) => `<td class="number">${format(value)}`).join('')}`
  })
  const heads = ['count', 'median', 'p95', 'p99', 'highest'].map((head) => `<th class="number">${head}`)
  return renderTable('Times in milliseconds', `<th>time${heads.join('')}`, rows)
}

function renderCounts(counts: Count[]): string {
  const rows = counts.map(({ name, total }) => `<tr><td>${nameInWords(name)}<td class="number">${format(total)}`)
  return renderTable('Counts', '<th>count of<th class="number">total', rows)
}

const renderTable = (caption: string, heads: string, rows: string[]) =>
  `<table><caption>${caption}</caption><thead><tr>${heads}</thead><tbody>${rows.join('\n')}</tbody></table>`

function chartTimes({ name, medians, p95s }: Times): string {
  const title = nameInWords(name)
  const lines = [
    { name: 'median', points: medians },
    { name: 'p95', points: p95s },
  ]
  const caption = `${title}, milliseconds by second: median (solid) and p95 (dashed)`
  return `<figure>${drawChart(title, 'milliseconds', lines)}<figcaption>${caption}</figcaption></figure>`
}

function chartCount({ name, counts }: Count): string {
  const title = nameInWords(name)
  const chart = drawChart(title, 'count', [{ name: title, points: counts }])
  return `<figure>${chart}<figcaption>${title}, in each second</figcaption></figure>`
}

const nameInWords = (metric: string) => escapeText(metric.replace(/_ms$/, '').replaceAll('_', ' '))
