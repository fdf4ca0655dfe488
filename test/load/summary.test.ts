import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readSamples } from '../../scripts/load/runner/read-samples.js'
import { listOwnMetrics, listThresholds, sumUpCount, sumUpTimes } from '../../scripts/load/runner/summary.js'
import { readPurpose } from '../../scripts/load/runner/read-summary.js'
import { createTempFolder } from '../support/temp-folder.js'

const metrics = {
  checks: { passes: 9, fails: 1, thresholds: { 'rate==1': true } },
  http_reqs: { count: 12 },
  lost: { count: 0, thresholds: { 'count==0': false } },
  to_admin_ms: { med: 3 },
}

void t.test('a threshold has passed unless k6 says that it was crossed', (t) => {
  t.strictSame(listThresholds(metrics), [
    { metric: 'checks', condition: 'rate==1', passed: false },
    { metric: 'lost', condition: 'count==0', passed: true },
  ])
  t.end()
})

void t.test("k6's own metrics are left to k6", (t) => {
  t.strictSame(listOwnMetrics(metrics), ['lost', 'to_admin_ms'])
  t.end()
})

void t.test('samples are gathered by second, from the first of any metric to the last', async (t) => {
  const file = join(await createTempFolder(t), 'samples.csv')
  const lines = [
    'metric_name,timestamp,metric_value,tags',
    'vus,1700000000900,1,',
    'ack_ms,1700000001100,5,"a,b"',
    'ack_ms,1700000001900,7,',
    'ack_ms,1700000003000,9,',
    'vus,1700000004000,1,',
  ]
  await writeFile(file, lines.join('\n'))
  const samples = await readSamples(file, new Set(['ack_ms', 'none']))
  t.strictSame(
    [...samples],
    [
      [
        'ack_ms',
        [
          { second: 0, values: [] },
          { second: 1, values: [5, 7] },
          { second: 2, values: [] },
          { second: 3, values: [9] },
          { second: 4, values: [] },
        ],
      ],
    ],
  )
})

void t.test('times are told by the value that a share of them does not exceed', (t) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.strictSame(
    sumUpTimes('ack_ms', [
      { second: 0, values },
      { second: 1, values: [] },
    ]),
    {
      name: 'ack_ms',
      count: 100,
      median: 50,
      p95: 95,
      p99: 99,
      highest: 100,
      medians: [50, null],
      p95s: [95, null],
    },
  )
  t.match(sumUpTimes('ack_ms', []), { count: 0, median: 0, highest: 0 })
  t.end()
})

void t.test('counts are summed', (t) => {
  const seconds = [
    { second: 0, values: [1, 2] },
    { second: 1, values: [] },
  ]
  t.strictSame(sumUpCount('lost', seconds), { name: 'lost', total: 3, counts: [3, 0] })
  t.end()
})

void t.test('what a script shows is the first paragraph of its comment', (t) => {
  t.equal(readPurpose('/**\n * One line\n * and another.\n *\n *     npm run it\n */\nimport'), 'One line and another.')
  t.equal(readPurpose('/** A line. */\nimport'), 'A line.')
  t.end()
})
