import { render } from 'preact'
import { chat } from '../languages/chat/en.js'
import { setLanguage } from '../languages/language.js'
import { translate } from '../languages/translate.js'
import { followVisibleArea } from '../browser/visible-area.js'
import { ChatPage } from './chat-page.js'
import { runClock } from '../text/clock.js'
import { stayOnDrop } from '../browser/stay-on-drop.js'
import { WidgetFrame } from './widget-frame.js'

runClock()
stayOnDrop()
followVisibleArea(document.documentElement)
await setLanguage({ folder: 'chat', english: chat })
document.title = translate('chat.title')
const root = document.getElementById('app')
const isFramed = document.documentElement.dataset['page'] === 'widget'
if (root) render(isFramed ? <WidgetFrame /> : <ChatPage />, root)
