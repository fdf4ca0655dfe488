/** k6 provides `console`, but its types do not declare it. */
declare const console: { warn(text: string): void }
