/** Keeps its height when nobody types, so that nothing jumps. */
export function TypingLine({ name, isTyping }: { name: string; isTyping: boolean }) {
  return (
    <p class="typing" aria-live="polite">
      {isTyping && (
        <>
          <bdi>{name}</bdi> is typing
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
