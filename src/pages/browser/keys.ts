/** The fields of a keyboard event that are used. `keyCode` is deprecated, but Safari has nothing else. */
export interface KeyPress {
  key: string
  code: string
  isComposing: boolean
  keyCode: number
}

/**
 * Whether a key belongs to an input method that composes a character: Enter accepts it, Escape cancels it. Safari ends the
 * composition before the event of that key, which only its code 229 identifies.
 */
export const isComposing = ({ isComposing, keyCode }: Pick<KeyPress, 'isComposing' | 'keyCode'>): boolean =>
  isComposing || keyCode === 229

/** Letters and vowel signs of other scripts, and the apostrophe of Hebrew layouts in the place of W. */
const OTHER_SCRIPT = /^(?!\p{Script=Latin})[\p{L}\p{M}]+$/u
const HEBREW_W = { key: "'", code: 'KeyW' }
const QUESTION_MARKS = ['?', '\u061f', '\uff1f']

/**
 * The shortcut of a key: its Latin letter. On a layout of another script, it is the letter at the same position of a Latin
 * layout. The question marks of all scripts are the same shortcut.
 */
export function shortcutOf({ key, code }: Pick<KeyPress, 'key' | 'code'>): string {
  if (QUESTION_MARKS.includes(key)) return '?'
  const isOtherScript = OTHER_SCRIPT.test(key) || (key === HEBREW_W.key && code === HEBREW_W.code)
  const letter = isOtherScript ? /^Key([A-Z])$/.exec(code)?.[1] : undefined
  return letter?.toLowerCase() ?? (key.length === 1 ? key.toLowerCase() : key)
}

/** Whether this is a touch screen: its on-screen keyboard has no Shift+Enter and covers part of the page. */
export const isTouchScreen = (): boolean => matchMedia('(pointer: coarse)').matches
