/**
 * `npm run test:s3`: tests the bucket storage with a real S3 server, the Versity S3 Gateway
 * (`go install github.com/versity/versitygw/cmd/versitygw@latest`). Set `VERSITYGW_PATH` if it is not on the PATH.
 */
import { findProgram } from '../harness/find-program.js'
import { S3_SERVER_VARIABLE } from '../harness/variables.js'
import { chooseFiles, runFiles } from './testing/run-files.js'
import { printTotals } from './testing/totals.js'

const files = await chooseFiles('test/files', '.s3.ts')
await runFiles({
  name: 's3',
  files,
  jobs: 1,
  isAlone: () => true,
  isRepeated: false,
  timeoutSeconds: 120,
  async provide() {
    const program = process.env['VERSITYGW_PATH'] ?? (await findProgram('versitygw'))
    if (program !== undefined) return { [S3_SERVER_VARIABLE]: program }
    throw new Error(
      'versitygw is not on the PATH: go install github.com/versity/versitygw/cmd/versitygw@latest, or set VERSITYGW_PATH',
    )
  },
})
printTotals(files)
