/** One contestant: measures itself once. Higher is better. */
export interface Contestant {
  name: string
  measure(): Promise<number>
}

export interface Result {
  name: string
  median: number
  lowest: number
  highest: number
}

/** Measures the contestants in turn, several times, so that what disturbs the machine disturbs all of them. */
export async function compete(contestants: Contestant[], rounds: number): Promise<Result[]> {
  const measured = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const { name, measure } of contestants) {
      const value = await measure()
      console.log(`  round ${round} ${name}: ${Math.round(value)}`)
      measured.get(name)?.push(value)
    }
  }
  return [...measured].map(([name, values]) => {
    const sorted = values.sort((one, other) => one - other)
    return {
      name,
      median: sorted[Math.floor(sorted.length / 2)] ?? NaN,
      lowest: sorted[0] ?? NaN,
      highest: sorted.at(-1) ?? NaN,
    }
  })
}

/** A Markdown table of results, each with its ratio to the first. */
export function toTable(title: string, unit: string, results: Result[]): string {
  const ours = results[0]?.median ?? NaN
  const rows = results.map(({ name, median, lowest, highest }) =>
    ['', name, median.toFixed(0), `${lowest.toFixed(0)}–${highest.toFixed(0)}`, (ours / median).toFixed(2), '']
      .join(' | ')
      .trim(),
  )
  return [
    `### ${title}`,
    '',
    `| | ${unit} (median) | spread | store-chat is × |`,
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
