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
export function chooseScripts(args: string[]): Script[] {
  const stray = args.find((word) => !isScript(word))
  if (stray !== undefined) throw new Error(`There is no load test "${stray}". There are: ${scripts.join(', ')}.`)
  return args.length === 0 ? [...scripts] : args.filter(isScript)
}

const isScript = (word: string): word is Script => scripts.some((script) => script === word)
