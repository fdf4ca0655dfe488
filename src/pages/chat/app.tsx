import { render } from 'preact'
import { ChatPage } from './chat-page.js'
import { WidgetFrame } from './widget-frame.js'

const root = document.getElementById('app')
const isFramed = document.documentElement.dataset['page'] === 'widget'
if (root) render(isFramed ? <WidgetFrame /> : <ChatPage />, root)
