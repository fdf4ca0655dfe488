import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Finding {
  id: string
  impact: string
  nodes: { target: string[] }[]
}

/** Only colours differ between the modes, and most of a run is spent on the other rules. */
const rulesOfColours = ['color-contrast', 'link-in-text-block']

/** Accessibility violations that axe finds, in light mode by all rules and in dark mode by those of colours. */
export async function findBarriers(page: Page): Promise<string[]> {
  const found: string[] = []
  await page.evaluate(axe)
  for (const [colorScheme, runOnly] of [
    ['light', undefined],
    ['dark', rulesOfColours],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    const options = JSON.stringify({ resultTypes: ['violations'], runOnly })
    const violations = await page.evaluate(`axe.run(document, ${options}).then(({ violations }) => violations)`)
    for (const { id, impact, nodes } of violations as Finding[]) {
      if (!['serious', 'critical'].includes(impact)) continue
      found.push(`${colorScheme}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
    }
  }
  return found
}
