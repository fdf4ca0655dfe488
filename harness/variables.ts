/** Environment variables by which scripts pass settings to tests. */

/** Path of the browser for the end-to-end tests. */
export const CHROMIUM_VARIABLE = 'TEST_CHROMIUM'
/** The file to which each fault run appends its row of the report. */
export const FAULT_REPORT_VARIABLE = 'FAULT_REPORT'
/** The same for attack runs. */
export const ABUSE_REPORT_VARIABLE = 'ABUSE_REPORT'
/** Path of the S3 server for the tests of the bucket storage. */
export const S3_SERVER_VARIABLE = 'TEST_S3_SERVER'
/** The folder in which each process of tests leaves what the rows of raw statements held. */
export const ROWS_VARIABLE = 'TEST_ROWS'
/** By how much all deadlines of tests are multiplied. */
export const PATIENCE_VARIABLE = 'TEST_PATIENCE'
