/** The base URL of the service. Each page is in its own folder below it. */
export const serviceUrl = new URL('..', location.href).href

/** A key for the browser's storage, which the service shares with other paths of its origin. */
export const nameInStorage = (name: string) => `store-chat${new URL(serviceUrl).pathname.slice(0, -1)}.${name}`
