/** The address that all of the service's begin with. Each page is in a folder of its own below it. */
export const serviceUrl = new URL('..', location.href).href

/** How this service calls something in the browser's storages, which it shares with what has other paths of its origin. */
export const nameInStorage = (name: string) => `store-chat${new URL(serviceUrl).pathname.slice(0, -1)}.${name}`
