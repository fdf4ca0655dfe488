import type { ComponentChildren } from 'preact'

interface IconProps {
  children: ComponentChildren
  box?: string
  /** The icon points in the reading direction, so it is mirrored in right-to-left languages. */
  isDirected?: boolean
}

function Icon({ children, box = '0 0 20 20', isDirected = false }: IconProps) {
  return (
    <svg class={isDirected ? 'icon directed' : 'icon'} viewBox={box} aria-hidden="true" focusable="false">
      {children}
    </svg>
  )
}

export const ClipIcon = () => (
  <Icon>
    <path d="m14.5 9-5 5a2.8 2.8 0 0 1-4-4l6-6a2 2 0 0 1 2.8 2.8l-6 6a1 1 0 0 1-1.4-1.4l5-5" />
  </Icon>
)
export const BellIcon = () => (
  <Icon>
    <path d="M10 3a4.5 4.5 0 0 0-4.5 4.5V11L4 13.5h12L14.5 11V7.5A4.5 4.5 0 0 0 10 3Zm-1.8 13a1.9 1.9 0 0 0 3.6 0" />
  </Icon>
)
export const BackIcon = () => (
  <Icon isDirected>
    <path d="M12 4.5 6.5 10l5.5 5.5" />
  </Icon>
)
export const SendIcon = () => (
  <Icon>
    <path d="M10 16V4.5M5 9l5-5 5 5" />
  </Icon>
)
export const ChatIcon = () => (
  <Icon>
    <path d="M4 4.5h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-5l-4 3v-3H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z" />
  </Icon>
)
export const ClockIcon = () => (
  <Icon>
    <path d="M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM10 7v3l2 1.5" />
  </Icon>
)
export const TickIcon = () => (
  <Icon>
    <path d="m5 10.5 3.2 3.2L15 7" />
  </Icon>
)
export const TicksIcon = () => (
  <Icon box="0 0 25 20">
    <path d="m3 10.5 3.2 3.2L13 7m-2 5.6 1.2 1.1L19 7" />
  </Icon>
)
export const InfoIcon = () => (
  <Icon>
    <path d="M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM10 9v4.5M10 6.3v.4" />
  </Icon>
)
export const DownloadIcon = () => (
  <Icon>
    <path d="M10 3.5V13M6 9.5l4 4 4-4M4.5 16.5h11" />
  </Icon>
)
