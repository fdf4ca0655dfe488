/**
 * `!important` in a shadow tree outranks `!important` of the page, its style attributes included (CSS Cascade 5, "context"),
 * so the page can neither hide nor move the host. What pages say of `::backdrop` is meant for their own dialogs.
 */
export const launcherStyle = `
:host {
  all: initial !important; position: fixed !important; inset: auto 0 0 auto !important; display: block !important;
  direction: ltr !important; z-index: 2147483647 !important; overflow: visible !important;
}
:host([dir='rtl']) { direction: rtl !important; }
:host::before, :host::after { display: none !important; }
:host::backdrop { display: none !important; }
[hidden] { display: none !important; }
button {
  position: fixed; inset-inline-end: 20px; bottom: 20px; width: 56px; height: 56px; padding: 0; border: 0; border-radius: 50%;
  background: #2f57d0; color: #fff; cursor: pointer; box-shadow: 0 4px 16px rgb(0 0 0 / .28);
}
button:hover { background: #2447b3; }
button:focus-visible { outline: 3px solid #2f57d0; outline-offset: 3px; }
svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linejoin: round; margin-top: 3px; }
.badge {
  position: absolute; top: -4px; inset-inline-end: -4px; min-width: 22px; height: 22px; padding: 0 6px; box-sizing: border-box;
  border-radius: 11px; background: #c4261d; color: #fff; font: 600 13px/22px system-ui, sans-serif; text-align: center;
}
iframe {
  position: fixed; inset-inline-end: 20px; width: min(380px, calc(100vw - 40px));
  bottom: max(92px, 100dvh - var(--store-chat-top, 0px) - var(--store-chat-height, 100dvh) + 8px);
  height: min(600px, var(--store-chat-height, 100dvh) - 116px);
  border: 0; border-radius: 16px; background: #fff; box-shadow: 0 12px 48px rgb(0 0 0 / .3); color-scheme: light dark;
}
@media (prefers-color-scheme: dark) { iframe { background: #171a20; } }
@media (max-width: 480px) {
  iframe { inset: var(--store-chat-top, 0) 0 auto; width: 100%; height: var(--store-chat-height, 100dvh); border-radius: 0; }
  iframe:not([hidden]) ~ button { display: none; }
}
@media print { button, iframe { display: none; } }
`
