import { useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { formatCapped } from '../languages/formats.js'
import { translate } from '../languages/translate.js'
import { watchLooking } from '../browser/looking.js'
import { SignIn } from '../shared/sign-in.js'
import { SignOut } from '../shared/sign-out.js'
import { openTokenBox } from '../browser/tokens.js'
import { ChatView } from './chat-view.js'
import { openStoreChat } from './store-chat.js'

const box = openTokenBox('chat')
const isLooking = watchLooking()

/** The page of a store: asks for its token, and then shows its conversation. */
export function ChatPage() {
  const token = useSignal(box.read())
  const problem = useSignal<string>()
  const leave = (reason?: string) => {
    box.forget()
    problem.value = reason
    token.value = undefined
  }
  if (token.value === undefined) {
    return (
      <SignIn
        title={translate('chat.title')}
        hint={translate('chat.signInHint')}
        problem={problem.value}
        onToken={(given, isRemembered) => {
          box.keep(given, isRemembered)
          problem.value = undefined
          token.value = given
        }}
      />
    )
  }
  return <SignedIn key={token.value} token={token.value} onLeave={leave} />
}

function SignedIn({ token, onLeave }: { token: string; onLeave: (reason?: string) => void }) {
  const chat = useMemo(() => openStoreChat(token, isLooking), [token])
  useEffect(() => () => chat.close(), [chat])
  useSignalEffect(() => {
    const count = chat.unread.value
    document.title = `${count > 0 ? `(${formatCapped(count, 99)}) ` : ''}${translate('chat.title')}`
    return () => (document.title = translate('chat.title'))
  })
  const isRevoked = chat.connection.value === 'revoked'
  useEffect(() => {
    if (isRevoked) onLeave(translate('chat.invalidToken'))
  }, [isRevoked])
  return (
    <ChatView chat={chat}>
      <SignOut wouldLose={chat.wouldLose} onLeave={() => onLeave()} />
    </ChatView>
  )
}
