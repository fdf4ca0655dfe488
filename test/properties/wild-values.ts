import fc from 'fast-check'

/** Values of every kind that JSON has, and texts that have broken other programs. */
export const wildText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\ud800',
    'a\udfffb',
    '\ufeff',
    '\u202e',
    '\r\nX-Evil: 1',
    "'; select 1; --",
    '__proto__',
  ),
  fc.constantFrom(
    '1e999',
    '-0',
    '0x10',
    '9007199254740993',
    'NaN',
    'true',
    'null',
    '{}',
    '[]',
    '%00',
    '%ff',
    '../..',
    '٣',
  ),
)
const wildNumber = fc.oneof(
  fc.integer({ min: -5, max: 300 }),
  fc.double(),
  fc.constantFrom(0, -0, -1, 1.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 1e21, -1e308),
)
export const wildValue = fc.oneof(
  wildText,
  wildNumber,
  fc.constantFrom(null, true, false, [], {}),
  fc.jsonValue({ maxDepth: 3 }),
)
