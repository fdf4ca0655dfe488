/** Measures one contestant once. Returns a value for each figure that is compared. */
export interface Contestant {
  name: string
  measure(): Promise<Record<string, number>>
}

/**
 * Measures the contestants in turn, several times, so that a disturbance of the machine affects all of them. A first
 * round warms up and does not count. Returns a Markdown table for each figure, with medians, spread, and the
 * ratio of the first contestant to each.
 */
export async function compete(title: string, contestants: Contestant[], rounds: number): Promise<string> {
  const measured = contestants.map(() => new Map<string, number[]>())
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { name, measure }] of contestants.entries()) {
      for (const [figure, value] of Object.entries(await measure())) {
        console.log(`  round ${round} ${name}: ${shorten(value)} ${figure}`)
        if (round === 0) continue
        measured[index]?.set(figure, [...(measured[index].get(figure) ?? []), value])
      }
    }
  }
  const figures = [...(measured[0]?.keys() ?? [])]
  return figures
    .map((figure) => {
      const values = contestants.map(({ name }, index) => ({ name, values: measured[index]?.get(figure) ?? [] }))
      return toTable(title, figure, values)
    })
    .join('\n')
}

function toTable(title: string, figure: string, results: { name: string; values: number[] }[]): string {
  const first = median(results[0]?.values ?? [])
  const rows = results.map(({ name, values }) => {
    const spread = `${shorten(Math.min(...values))}–${shorten(Math.max(...values))}`
    return `| ${name} | ${shorten(median(values))} | ${spread} | ${(first / median(values)).toFixed(2)} |`
  })
  const head = `| | ${figure}, median | spread | the first is × |`
  return [`### ${title}`, '', head, '|---|---|---|---|', ...rows, ''].join('\n')
}

const shorten = (value: number) => Number(value.toPrecision(4))
const median = (values: number[]) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN
