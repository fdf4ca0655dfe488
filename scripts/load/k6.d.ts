/** k6 has one, and its types do not say so. */
declare const console: { warn(text: string): void }
