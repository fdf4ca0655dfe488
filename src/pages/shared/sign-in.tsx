import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'

interface SignInProps {
  title: string
  hint: string
  /** Why the last token was refused. */
  problem: string | undefined
  onToken: (token: string, isRemembered: boolean) => void
}

/** Asks for a token. It is sent to the service only. */
export function SignIn({ title, hint, problem, onToken }: SignInProps) {
  const token = useSignal('')
  const isRemembered = useSignal(false)
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => field.current?.focus(), [])
  return (
    <main class="sign-in">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault()
          const given = token.value.trim()
          if (given !== '') onToken(given, isRemembered.value)
        }}
      >
        <h1>{title}</h1>
        <p class="muted">{hint}</p>
        <label>
          {translate('signIn.token')}
          <input
            type="password"
            name="token"
            autocomplete="off"
            spellcheck={false}
            required
            ref={field}
            value={token.value}
            aria-describedby={problem === undefined ? undefined : 'problem'}
            aria-invalid={problem !== undefined}
            onInput={({ currentTarget }) => (token.value = currentTarget.value)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isRemembered.value}
            onChange={({ currentTarget }) => (isRemembered.value = currentTarget.checked)}
          />
          {translate('signIn.remember')}
        </label>
        {problem !== undefined && (
          <p id="problem" class="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="primary">
          {translate('signIn.submit')}
        </button>
      </form>
    </main>
  )
}
