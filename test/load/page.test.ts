import t from 'tap'
import { drawChart } from '../../scripts/load/runner/chart.js'
import { renderPage } from '../../scripts/load/runner/page.js'
import type { Summary } from '../../scripts/load/runner/summary.js'

const summary: Summary = {
  script: 'storm',
  shows: 'Cuts <script>alert("all")</script> & resumes.',
  startedAt: '2026-01-01T00:00:00.000Z',
  tookSeconds: 30,
  k6: 'v1',
  machine: '2 × "<i>quick</i>"',
  passed: false,
  thresholds: [
    { metric: 'lost', condition: 'count<1', passed: false },
    { metric: 'back_ms', condition: 'p(95)<100', passed: true },
  ],
  times: [
    {
      name: 'back_ms',
      count: 2,
      median: 1.25,
      p95: 1234.5,
      p99: 1234.5,
      highest: 1234.5,
      medians: [null, 1, null, 1234.5],
      p95s: [null, 1, null, 1234.5],
    },
  ],
  counts: [
    { name: 'lost', total: 0, counts: [0, 0] },
    { name: 'got_back', total: 5, counts: [0, 5] },
  ],
}

void t.test('nothing of a run becomes markup', (t) => {
  const page = renderPage([summary])
  t.notMatch(page, /<script|<i>/)
  t.match(page, 'Cuts &lt;script&gt;alert(&quot;all&quot;)&lt;/script&gt; &amp; resumes.')
  t.match(page, '<code>count&lt;1</code>')
  t.end()
})

void t.test('verdicts and numbers are there in words, and nothing comes from elsewhere', (t) => {
  const page = renderPage([summary, { ...summary, script: 'race', passed: true, times: [], counts: [] }])
  t.match(page, 'storm: <span class="failed">failed</span>')
  t.match(page, 'race: <span class="passed">passed</span>')
  t.match(page, '<td>back<td class="number">2<td class="number">1.3<td class="number">1,235')
  t.match(page, '<td>lost<td class="number">0')
  t.notMatch(page, /https?:/)
  t.equal(page.match(/<svg/g)?.length, 2, 'charts of what happened at all')
  t.end()
})

void t.test('a chart has a gap where nothing was measured, and says what it shows', (t) => {
  const chart = drawChart('Back', 'milliseconds', [
    { name: 'median', points: [10, 20, null, 40] },
    { name: 'none', points: [null] },
  ])
  const [, line] = /class="line line-0" d="([^"]+)"/.exec(chart) ?? []
  t.match(line, /^M[\d.]+ [\d.]+h0L[\d.]+ [\d.]+M[\d.]+ [\d.]+h0$/)
  t.match(chart, 'aria-label="Back, milliseconds, by second: median from 10 to 40; none none"')
  t.end()
})
