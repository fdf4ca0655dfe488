/** Why the service cannot start, in one line that an operator can act on. Printed without a stack. */
export class StartupError extends Error {}
