import t from 'tap'
import { formatRecord } from '../../src/csv/csv.js'

t.test('cells are quoted, numbers are not, and a record ends with CRLF', async (t) => {
  t.equal(formatRecord(['a', 1, null, -2.5, 'b "c"', 'd,e\r\nf']), '"a",1,,-2.5,"b ""c""","d,e\r\nf"\r\n')
})

t.test('no text is a formula', async (t) => {
  const formulas = [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    '\u00a0=1',
    '\u200b=1',
    '\ufeff=1',
    '＝1',
    '＠x',
    '\ttext',
    '\u0001=1',
  ]
  for (const formula of formulas) t.equal(formatRecord([formula]), `"'${formula}"\r\n`, JSON.stringify(formula))
  for (const text of ['a=1', 'a-1', '1+1', '', ' a', "'=1", '(=1)'])
    t.equal(formatRecord([text]), `"${text}"\r\n`, text)
})
