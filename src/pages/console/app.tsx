import { useSignal } from '@preact/signals'
import { render } from 'preact'
import { runClock } from '../shared/clock.js'
import { stayOnDrop } from '../shared/stay-on-drop.js'
import { SignIn } from '../shared/sign-in.js'
import { openTokenBox } from '../shared/tokens.js'
import { Console } from './console.js'

const box = openTokenBox('console')

function App() {
  const token = useSignal(box.read())
  const problem = useSignal<string>()
  const leave = (reason?: string) => {
    box.forget()
    problem.value = reason
    token.value = undefined
  }
  if (token.value !== undefined) return <Console key={token.value} token={token.value} onLeave={leave} />
  return (
    <SignIn
      title="Admin console"
      hint="Sign in with the token of an admin."
      problem={problem.value}
      onToken={(given, isRemembered) => {
        box.keep(given, isRemembered)
        problem.value = undefined
        token.value = given
      }}
    />
  )
}

runClock()
stayOnDrop()
const root = document.getElementById('app')
if (root) render(<App />, root)
