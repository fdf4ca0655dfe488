/** What is asked of a keyboard event. `keyCode` is deprecated, but the only sign that Safari gives. */
export interface KeyPress {
  key: string
  code: string
  isComposing: boolean
  keyCode: number
}

/**
 * Whether a key belongs to an input method that composes a character: Enter chooses it, Escape gives it up. Safari ends the
 * composition before the key that ends it, and marks that key with the code 229 alone.
 */
export const isComposing = ({ isComposing, keyCode }: Pick<KeyPress, 'isComposing' | 'keyCode'>): boolean =>
  isComposing || keyCode === 229

/** Letters and vowel signs of other scripts; and what Hebrew layouts have in the place of W. */
const OTHER_SCRIPT = /^(?!\p{Script=Latin})[\p{L}\p{M}]+$/u
const HEBREW_W = { key: "'", code: 'KeyW' }
const QUESTION_MARKS = ['?', '\u061f', '\uff1f']

/**
 * The name of a shortcut that a key stands for: what is printed on it in Latin letters. On layouts of another script it is
 * the letter that a Latin layout has in its place. A question mark is one in every script.
 */
export function shortcutOf({ key, code }: Pick<KeyPress, 'key' | 'code'>): string {
  if (QUESTION_MARKS.includes(key)) return '?'
  const isOtherScript = OTHER_SCRIPT.test(key) || (key === HEBREW_W.key && code === HEBREW_W.code)
  const letter = isOtherScript ? /^Key([A-Z])$/.exec(code)?.[1] : undefined
  return letter?.toLowerCase() ?? (key.length === 1 ? key.toLowerCase() : key)
}

/** Whether this is a touch screen: its keyboard has no Shift+Enter, and covers what it is opened over. */
export const isTouchScreen = (): boolean => matchMedia('(pointer: coarse)').matches
