/** Environment variables by which scripts pass settings to tests. */

/** Path of the browser for the end-to-end tests. */
export const CHROMIUM_VARIABLE = 'TEST_CHROMIUM'
/** The file to which each fault run appends its row of the report. */
export const FAULT_REPORT_VARIABLE = 'FAULT_REPORT'
/** The file to which each attack run appends its row of the report. */
export const ABUSE_REPORT_VARIABLE = 'ABUSE_REPORT'
/** Path of the S3 server for the tests of the bucket storage. */
export const S3_SERVER_VARIABLE = 'TEST_S3_SERVER'
/** The folder in which each test process stores its records of the rows of raw statements. */
export const ROWS_VARIABLE = 'TEST_ROWS'
/** Factor by which all deadlines of tests are multiplied. */
export const PATIENCE_VARIABLE = 'TEST_PATIENCE'
/** Set where test processes optimize nothing. */
export const UNOPTIMIZED_VARIABLE = 'TEST_UNOPTIMIZED'
