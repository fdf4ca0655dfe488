export const scripts = ['session', 'race', 'conversation', 'sockets', 'storm', 'inbox', 'desk', 'files'] as const

export type Script = (typeof scripts)[number]

/**
 * The scripts that the words of the command line name, in that order; all of them when there are none.
 * @throws Error that names the word that is no script
 */
export function chooseScripts(words: string[]): Script[] {
  const stray = words.find((word) => !isScript(word))
  if (stray !== undefined) throw new Error(`There is no load test "${stray}". There are: ${scripts.join(', ')}.`)
  return words.length === 0 ? [...scripts] : words.filter(isScript)
}

const isScript = (word: string): word is Script => scripts.some((script) => script === word)
