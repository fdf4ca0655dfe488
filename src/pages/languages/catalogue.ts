import type { chat } from './chat/en.js'
import type { desk } from './desk/en.js'
import type { en } from './en.js'

type English = typeof en & typeof desk & typeof chat
type PluralForm = Intl.LDMLPluralRule

/** The key of a text. */
export type Key = keyof English

type Translated<Texts, Form extends PluralForm> = {
  [K in keyof Texts]: Texts[K] extends string ? string : Record<Form, string>
}

/**
 * The texts of one language, with exactly the keys of the English catalogue. A text with a count has the plural forms of the
 * language, `Form`. `{name}` is a placeholder for a value.
 */
export type Catalogue<Form extends PluralForm> = Translated<typeof en, Form>
/** The same for the texts of the console alone. */
export type DeskCatalogue<Form extends PluralForm> = Translated<typeof desk, Form>

/** The same, of the texts that only the store's chat has. */
export type ChatCatalogue<Form extends PluralForm> = Translated<typeof chat, Form>

/** A catalogue as it is loaded. A node of another version may have served it, so that a key may be missing. */
export type LoadedCatalogue = Partial<Record<Key, string | Partial<Record<PluralForm, string>>>>

type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never
type NamesOf<Entry> = Entry extends string ? NamesIn<Entry> : NamesIn<Entry[keyof Entry]> | 'count'

/** The values of a text: one for each placeholder, and the count that selects the plural form. */
export type Values<K extends Key, Value> = {
  [Name in NamesOf<English[K]>]: Name extends 'count' ? number : Value
}

/** The key of a text without placeholders. */
export type PlainKey = { [K in Key]: [NamesOf<English[K]>] extends [never] ? K : never }[Key]

/** The arguments after a key: none for a text without placeholders. */
export type ValuesArgument<K extends Key, Value> = [NamesOf<English[K]>] extends [never]
  ? []
  : [values: Values<K, Value>]
