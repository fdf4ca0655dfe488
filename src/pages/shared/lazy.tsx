import type { ComponentType } from 'preact'
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'

interface LazyProps<Props> {
  /** The module, in the same folder as the page's script. Its default export is the component. */
  name: 'search' | 'reports' | 'canned'
  props: Props
}

/** Loads a component when it is rendered for the first time. */
export function Lazy<Props extends object>({ name, props }: LazyProps<Props>) {
  const Part = useSignal<{ is: ComponentType<Props> } | 'failed'>()
  const tries = useRef(0)
  const load = () => {
    Part.value = undefined
    const address = new URL(`${name}.js`, import.meta.url)
    // Browsers cache the failed import of a URL.
    if (tries.current > 0) address.searchParams.set('try', String(tries.current))
    tries.current++
    import(address.href).then(
      (loaded: { default: ComponentType<Props> }) => (Part.value = { is: loaded.default }),
      () => (Part.value = 'failed'),
    )
  }
  useEffect(load, [name])
  if (Part.value === undefined) return <p class="empty muted">{translate('loading')}</p>
  if (Part.value === 'failed') {
    return (
      <p class="notice problem" role="alert">
        {translate('error.unreachable')}{' '}
        {/* After an update of the service, an old page may no longer match its modules. */}
        {tries.current > 1 ? (
          <button type="button" class="link" onClick={() => location.reload()}>
            {translate('console.reload')}
          </button>
        ) : (
          <button type="button" class="link" onClick={load}>
            {translate('draft.retry')}
          </button>
        )}
      </p>
    )
  }
  return <Part.value.is {...props} />
}
