/** Environment variables in which scripts hand something to tests. */

/** The browser of the end-to-end tests. */
export const CHROMIUM_VARIABLE = 'TEST_CHROMIUM'
/** The file to which each fault run appends its row of the table. */
export const FAULT_REPORT_VARIABLE = 'FAULT_REPORT'
/** The same for the runs of attacks. */
export const ABUSE_REPORT_VARIABLE = 'ABUSE_REPORT'
/** The S3 server of the tests that store files in a bucket. */
export const S3_SERVER_VARIABLE = 'TEST_S3_SERVER'
