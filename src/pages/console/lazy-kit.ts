/*
 * The exports of the page's script for its lazily loaded modules. The build resolves their imports from other folders to
 * this script, so that the page has one Preact, one language and one clock. The exported names are the interface between
 * these files, so that a page can load modules of another version.
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
export { patiently } from '../shared/retry-limited.js'
export { startOfDay } from '../text/clock.js'
export { showBriefly } from '../text/times.js'
export { toQuery } from './state/lists/list-filter.js'
export { nameStore } from './state/names.js'
