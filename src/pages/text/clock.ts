import { computed, signal, type ReadonlySignal } from '@preact/signals'

/*
 * The clock of the service, which sets the timestamps of messages. The user's computer may be wrong by any amount, so that
 * by its clock a message could be in the future.
 */

const MINUTE_MS = 60_000
/** `Date` headers have a precision of one second. */
const HEADER_STEP_MS = 1000
/** A smaller difference may be a measurement error. */
const TOLERANCE_MS = 2000

/** Milliseconds to add to the computer's time. */
let offsetMs = 0
const now = signal(Date.now())
let timer: ReturnType<typeof setTimeout> | undefined

const serverNow = () => Date.now() + offsetMs

/** The time of the service in milliseconds since the epoch, updated every full minute. */
export const minute: ReadonlySignal<number> = now

/** The start of the current day in the user's time zone. */
export const today: ReadonlySignal<number> = computed(() => startOfDay(new Date(now.value)))

export const startOfDay = (at: Date): number => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()

/** `fetch` that sets the clock by the `Date` header of each response. */
export const fetchWithClock: typeof fetch = async (input, init) => {
  const askedAt = Date.now()
  const response = await fetch(input, init)
  setClock(response.headers.get('date'), askedAt, Date.now())
  return response
}

function setClock(date: string | null, askedAt: number, answeredAt: number): void {
  const toldAt = date === null ? NaN : Date.parse(date)
  // The computer may sleep, or its clock may be set, during the request.
  if (Number.isNaN(toldAt) || answeredAt < askedAt || answeredAt - askedAt > MINUTE_MS) return
  const measuredMs = toldAt + HEADER_STEP_MS / 2 - (askedAt + answeredAt) / 2
  if (Math.abs(measuredMs - offsetMs) < TOLERANCE_MS + (answeredAt - askedAt) / 2) return
  offsetMs = measuredMs
  tick()
}

/** Starts the clock. It also ticks when the page becomes visible: timers stop during sleep and are late in hidden pages. */
export function runClock(): void {
  document.addEventListener('visibilitychange', tick)
  tick()
}

function tick(): void {
  now.value = serverNow()
  clearTimeout(timer)
  timer = setTimeout(tick, MINUTE_MS - (now.value % MINUTE_MS))
}
