import { computed, effect, signal, useSignal, type ReadonlySignal } from '@preact/signals'
import { useEffect, useLayoutEffect } from 'preact/hooks'
import { formatCapped } from '../languages/formats.js'
import { translate } from '../languages/translate.js'
import { isComposing } from '../browser/keys.js'
import { watchLooking } from '../browser/looking.js'
import {
  FRAME_IS_READY,
  type FrameMessage,
  type LauncherTexts,
  type Renewal,
  type Shown,
  type Welcome,
} from '../browser/widget-talk.js'
import { ChatView } from './chat-view.js'
import { createShopTokens, readAccount } from './shop-tokens.js'
import { openStoreChat, type StoreChat } from './store-chat.js'

interface Framed {
  chat: ReadonlySignal<StoreChat>
  send(message: FrameMessage): void
}

/**
 * The page inside the widget. It gets its token from the page that frames it and never stores one, so a foreign page gains
 * nothing by framing it.
 */
export function WidgetFrame() {
  const framed = useSignal<Framed>()
  useEffect(() => waitForWelcome((welcome, port) => (framed.value = start(welcome, port))), [])
  useLayoutEffect(() => {
    // The user may have opened the chat before this page had loaded. Without the focus, the frame was reopened by the page
    // itself, and must not take the focus.
    if (framed.value !== undefined && document.hasFocus()) focusComposer()
  }, [framed.value])
  if (framed.value === undefined) return null
  const { send } = framed.value
  const chat = framed.value.chat.value
  if (chat.connection.value === 'revoked') return <p class="notice problem">{translate('chat.unavailable')}</p>
  return (
    <ChatView chat={chat}>
      <button
        type="button"
        class="quiet"
        aria-label={translate('chat.close')}
        onClick={() => send({ wantsToClose: true })}
      >
        ✕
      </button>
    </ChatView>
  )
}

function waitForWelcome(found: (welcome: Welcome, port: MessagePort) => void): () => void {
  const listen = ({ source, data, ports: [port] }: MessageEvent<Welcome | null>) => {
    if (source !== window.parent || data?.type !== 'store-chat:welcome' || !port) return
    window.removeEventListener('message', listen)
    found(data, port)
  }
  window.addEventListener('message', listen)
  // The message holds no secret, so it may go to any origin: that of the parent is not known yet.
  window.parent.postMessage(FRAME_IS_READY, '*')
  return () => window.removeEventListener('message', listen)
}

function start({ token, ...welcome }: Welcome, port: MessagePort): Framed {
  const isOpen = signal(welcome.isOpen)
  const isLooking = watchLooking()
  const isSeen = computed(() => isOpen.value && isLooking.value)
  const tokens = createShopTokens(token)
  const open = () => openStoreChat(tokens.take, isSeen)
  const chat = signal(open())
  const send = (message: FrameMessage) => port.postMessage(message)

  /**
   * Continues the conversation with another token of the same store. Before the first connection no data of any store is
   * shown, so any token will do.
   */
  async function renew(token: string): Promise<void> {
    const renewed = chat.value
    const account = renewed.account()
    if (account !== undefined && (await readAccount(token))?.id !== account.id) {
      send({ isOther: true })
      return
    }
    tokens.renew(token)
    // The client takes the new token when the service refuses the current one.
    if (account !== undefined && renewed.connection.value !== 'revoked') return
    renewed.close()
    chat.value = open()
  }

  port.onmessage = ({ data }: MessageEvent<Shown | Renewal>) => {
    if ('token' in data) {
      void renew(data.token)
      return
    }
    isOpen.value = data.isOpen
    if (data.isOpen) focusComposer()
  }
  effect(() => send({ unread: chat.value.unread.value, texts: launcherTexts(chat.value.unread.value) }))
  effect(() => {
    if (chat.value.connection.value === 'revoked') send({ isOther: false })
  })
  window.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || isComposing(event)) return
    if (document.querySelector('dialog[open]') === null) send({ wantsToClose: true })
  })
  return { chat, send }
}

const focusComposer = () => document.querySelector<HTMLElement>('[data-composer]')?.focus()

const launcherTexts = (unread: number): LauncherTexts => ({
  page: { lang: document.documentElement.lang, dir: document.documentElement.dir },
  title: translate('chat.title'),
  open: unread === 0 ? translate('launcher.open') : translate('launcher.openUnread', { count: unread }),
  close: translate('launcher.close'),
  badge: formatCapped(unread, 99),
})
