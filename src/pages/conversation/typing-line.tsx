import { translateWith } from '../languages/translate.js'

/** Keeps its height when nobody types, so that the layout does not move. */
export function TypingLine({ name, isTyping }: { name: string; isTyping: boolean }) {
  return (
    <p class="typing" aria-live="polite">
      {isTyping && (
        <>
          {translateWith('messages.typing', { name: <bdi>{name}</bdi> })}
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
        </>
      )}
    </p>
  )
}
