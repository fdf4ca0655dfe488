/** Below what the server allows by default, so that a crowd of frames waits here and is not punished there. */
const FRAMES_PER_SECOND = 15
const FRAME_BURST = 30

/** Lets frames out in order, not faster than the server allows. */
export function createFrameGate(write: (text: string) => void) {
  const waiting: string[] = []
  let allowance = FRAME_BURST
  let allowanceAt = Date.now()
  let timer: ReturnType<typeof setTimeout> | undefined

  function pump(): void {
    timer = undefined
    const now = Date.now()
    allowance = Math.min(FRAME_BURST, allowance + ((now - allowanceAt) / 1000) * FRAMES_PER_SECOND)
    allowanceAt = now
    while (allowance >= 1 && waiting.length > 0) {
      allowance--
      write(waiting.shift() ?? '')
    }
    if (waiting.length > 0) timer = setTimeout(pump, 1000 / FRAMES_PER_SECOND)
  }

  return {
    send(type: string, payload: object): void {
      waiting.push(JSON.stringify({ type, payload }))
      if (timer === undefined) pump()
    },
    stop(): void {
      clearTimeout(timer)
      waiting.length = 0
    },
  }
}

export type FrameGate = ReturnType<typeof createFrameGate>
