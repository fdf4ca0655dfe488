import { findProgram } from '../../harness/find-program.js'
import { installPackage } from './debian-packages.js'
import { StepFailure } from './steps.js'

const find = () => findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')

/**
 * Finds or installs the browser of the end-to-end tests.
 * @throws StepFailure if there is none and none can be installed
 */
export async function provideChromium(): Promise<string> {
  const given = process.env['CHROMIUM_PATH']
  if (given !== undefined && given !== '') return given
  const found = await find()
  if (found !== undefined) return found
  console.error('There is no Chromium: installing chromium')
  await installPackage('chromium')
  const installed = await find()
  if (installed !== undefined) return installed
  throw new StepFailure('The pages are tested in Chromium: install chromium, or set CHROMIUM_PATH to one.')
}
