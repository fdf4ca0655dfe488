import t from 'tap'
import { row } from '../support/acts.js'
import { setStage } from '../support/stage.js'

const COUNT = 10_000
/** Rows that are visible at once, with a margin. */
const MOST_ROWS = 40
/** Much faster than anybody scrolls. */
const PX_PER_FRAME = 4000

const seed = `
  with shop as (
    insert into store (id, name) select 100000 + place, 'Shop ' || place || '.' from generate_series(1, $1::int) place returning id
  ), session as (
    insert into chat_session (store_id, seq) select id, 2 from shop order by id returning id, store_id
  )
  insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
  select id, 2, 'store', store_id, 'Question of ' || store_id, '', '', now() from session order by id`

t.test('ten thousand waiting sessions are scrolled through to the end', async (t) => {
  const stage = await setStage(t)
  await stage.node.database.query(seed, [COUNT])
  const desk = await stage.console(await stage.admin())
  await row(desk, 'Shop 1.').waitFor()
  const devtools = await desk.context().newCDPSession(desk)
  const readHeap = async () => {
    await devtools.send('HeapProfiler.collectGarbage')
    return (await devtools.send('Runtime.getHeapUsage')).usedSize / 2 ** 20
  }
  const heapBefore = await readHeap()
  const scrolled = await desk.evaluate(async (pxPerFrame) => {
    const list = document.querySelector('.window')
    if (!list) throw new Error('There is no list')
    const longTasks: number[] = []
    new PerformanceObserver((entries) =>
      longTasks.push(...entries.getEntries().map(({ duration }) => duration)),
    ).observe({
      type: 'longtask',
    })
    const frames: number[] = []
    let mostRows = 0
    const isAtEnd = () => list.scrollTop + list.clientHeight >= list.scrollHeight - 1
    const isLoaded = () => list.querySelector('.blank') === null
    for (let last = performance.now(); !isAtEnd() || !isLoaded();) {
      list.scrollTop += pxPerFrame
      const now = await new Promise<number>((drawn) => requestAnimationFrame(drawn))
      frames.push(now - last)
      last = now
      mostRows = Math.max(mostRows, list.querySelectorAll('li').length)
    }
    return { longTasks, frames, mostRows, elements: document.querySelectorAll('*').length }
  }, PX_PER_FRAME)
  const heapAfter = await readHeap()
  const last = row(desk, `Shop ${COUNT}.`)
  await last.waitFor()
  t.equal(await desk.locator('li', { has: last }).getAttribute('aria-posinset'), String(COUNT))
  t.ok(scrolled.mostRows <= MOST_ROWS, `${scrolled.mostRows} rows at once in the document`)

  const late = await stage.store({ name: 'The latest' })
  await stage.post('store/message/', late, { content: 'And me?' })
  await desk.getByRole('tab', { name: /10,001/ }).waitFor()
  const { frames, longTasks, elements } = scrolled
  const byLength = frames.toSorted((one, other) => one - other)
  const at = (share: number) => Math.round(byLength[Math.floor((byLength.length - 1) * share)] ?? 0)
  t.comment(
    `${frames.length} frames: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms; ` +
      `${longTasks.length} tasks of more than 50 ms, longest ${Math.round(Math.max(0, ...longTasks))} ms; ` +
      `${elements} elements; heap ${heapBefore.toFixed(1)} MB before, ${heapAfter.toFixed(1)} MB after`,
  )
  t.same(stage.complaints(), [])
})
