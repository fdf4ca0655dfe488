/*
 * What the modules that are loaded later take from the script of this page: the build resolves their imports of other
 * folders to it, so that there is one Preact, one language and one clock. The names are the interface between the files: a
 * module of another version finds them, too.
 */
export { Fragment, jsx, jsxs } from 'preact/jsx-runtime'
export { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
export { useSignal } from '@preact/signals'
export { formatNumber, formatShortDay } from '../languages/formats.js'
export { currentTag } from '../languages/language.js'
export { translate, translateWith } from '../languages/translate.js'
export { download, timeZone } from '../browser/download.js'
export { describeError } from '../shared/describe-error.js'
export { Dialog } from '../shared/dialog.js'
export { Problem } from '../shared/problem.js'
export { patiently } from '../shared/patiently.js'
export { startOfDay } from '../text/clock.js'
export { showBriefly } from '../text/times.js'
export { toQuery } from './state/lists/list-filter.js'
export { nameStore } from './state/name-store.js'
