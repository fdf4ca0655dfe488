import { translateWith } from '../languages/translate.js'

/** The typing indicator. It keeps its height while empty, so that the layout does not shift. */
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
