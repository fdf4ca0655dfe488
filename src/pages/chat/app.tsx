import { render } from 'preact'
import { ChatPage } from './chat-page.js'
import { runClock } from '../shared/clock.js'
import { stayOnDrop } from '../shared/stay-on-drop.js'
import { WidgetFrame } from './widget-frame.js'

runClock()
stayOnDrop()
const root = document.getElementById('app')
const isFramed = document.documentElement.dataset['page'] === 'widget'
if (root) render(isFramed ? <WidgetFrame /> : <ChatPage />, root)
