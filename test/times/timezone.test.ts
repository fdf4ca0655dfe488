import t from 'tap'
import { createLocalClock, requireTimezone } from '../../src/times/timezone.js'

const show = (timezone: string, moment: string) => createLocalClock(timezone)(Date.parse(moment))

t.test('a clock shows local time with its offset, before and after it is changed', async (t) => {
  t.equal(show('UTC', '2026-11-25T18:45:10.123Z'), '2026-11-25T18:45:10.123+00:00')
  t.equal(show('Europe/Berlin', '2026-03-29T00:59:59.999Z'), '2026-03-29T01:59:59.999+01:00')
  t.equal(show('Europe/Berlin', '2026-03-29T01:00:00Z'), '2026-03-29T03:00:00.000+02:00')
  t.equal(show('America/St_Johns', '2026-01-01T00:00:00Z'), '2025-12-31T20:30:00.000-03:30')
  t.equal(show('Asia/Kathmandu', '2026-01-01T00:00:00Z'), '2026-01-01T05:45:00.000+05:45')
  const clock = createLocalClock('Australia/Lord_Howe')
  for (let at = Date.UTC(2026, 3, 4, 14); at < Date.UTC(2026, 3, 4, 16); at += 60_000) {
    t.equal(Date.parse(clock(at)), at, 'the offset belongs to the time')
  }
})

t.test('only names of the time zone database are time zones', async (t) => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5']) {
    t.doesNotThrow(() => requireTimezone(name), name)
  }
  for (const name of [
    '',
    'Mars/Base',
    '+02:00',
    '-03',
    'Europe/Berlin ',
    '../etc/passwd',
    "UTC'; drop",
    'posixrules0',
  ]) {
    t.throws(() => requireTimezone(name), { message: 'Invalid input' }, name)
  }
})
