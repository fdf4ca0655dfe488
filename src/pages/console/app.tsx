import { useSignal } from '@preact/signals'
import { render } from 'preact'
import { setLanguage } from '../languages/language.js'
import { desk } from '../languages/desk/en.js'
import { translate } from '../languages/translate.js'
import { runClock } from '../text/clock.js'
import { stayOnDrop } from '../browser/stay-on-drop.js'
import { SignIn } from '../shared/sign-in.js'
import { openTokenBox } from '../browser/tokens.js'
import { followVisibleArea } from '../browser/visible-area.js'
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
      title={translate('console.signInTitle')}
      hint={translate('console.signInHint')}
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
followVisibleArea(document.documentElement)
await setLanguage({ folder: 'desk', english: desk })
document.title = translate('console.documentTitle')
const root = document.getElementById('app')
if (root) render(<App />, root)

export * from './lazy-kit.js'
