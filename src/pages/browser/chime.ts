const PAUSE_MS = 2000
const NOTES_HZ = [880, 1174.7]
const NOTE_S = 0.12

let context: AudioContext | undefined
let playedAt = -Infinity

/** Plays two short notes, at most every two seconds. Browsers may mute a page until the user's first click or key press. */
export function playChime(): void {
  if (typeof AudioContext === 'undefined' || performance.now() - playedAt < PAUSE_MS) return
  playedAt = performance.now()
  context ??= new AudioContext()
  void context.resume()
  for (const [place, hertz] of NOTES_HZ.entries()) playNote(context, hertz, context.currentTime + place * NOTE_S)
}

function playNote(audio: AudioContext, hertz: number, at: number): void {
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  tone.frequency.value = hertz
  volume.gain.setValueAtTime(0.12, at)
  // A fade-out avoids the click of a tone that stops abruptly.
  volume.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S)
  tone.connect(volume).connect(audio.destination)
  tone.start(at)
  tone.stop(at + NOTE_S)
}
