export const scripts = [
  'session',
  'race',
  'conversation',
  'sockets',
  'storm',
  'inbox',
  'files',
  'desk',
  'workday',
] as const

export type Script = (typeof scripts)[number]

/**
 * Returns the scripts named on the command line, in that order; by default all.
 * @throws Error that names an unknown script
 */
export function chooseScripts(words: string[]): Script[] {
  const stray = words.find((word) => !isScript(word))
  if (stray !== undefined) throw new Error(`There is no load test "${stray}". There are: ${scripts.join(', ')}.`)
  return words.length === 0 ? [...scripts] : words.filter(isScript)
}

const isScript = (word: string): word is Script => scripts.some((script) => script === word)
