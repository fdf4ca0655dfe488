import type { ComponentChildren } from 'preact'
import type { Key, ValuesArgument } from './catalogue.js'
import { formatNumber, pluralForm } from './formats.js'
import { currentCatalogue, englishCatalogue } from './language.js'

type Given<Value> = Readonly<Record<string, Value | number>>

/** A text in the page's language. Numbers are formatted for the language; pass ids as strings, which are not. */
export function translate<K extends Key>(key: K, ...[values]: ValuesArgument<K, string | number>): string {
  return fill<string | number>(key, values)
    .map((part) => (typeof part === 'number' ? formatNumber(part) : part))
    .join('')
}

/** A text whose values are elements, such as a name in `<bdi>`. */
export function translateWith<K extends Key>(
  key: K,
  ...[values]: ValuesArgument<K, ComponentChildren>
): ComponentChildren {
  return fill<ComponentChildren>(key, values)
}

/** Splits a text into pieces, with each placeholder replaced by its value. */
function fill<Value>(key: Key, values: Given<Value> = {}): (Value | number | string)[] {
  return templateOf(key, values['count'])
    .split(/\{(\w+)\}/)
    .map((part, place) => (place % 2 === 0 ? part : (values[part] ?? '')))
}

function templateOf(key: Key, count: unknown): string {
  const entry = currentCatalogue()[key] ?? englishCatalogue()[key] ?? ''
  if (typeof entry === 'string') return entry
  const forms: Partial<Record<Intl.LDMLPluralRule, string>> = entry
  return forms[pluralForm(Number(count))] ?? forms.other ?? ''
}
