/** A frame for a socket, as JSON. */
export const encodeFrame = (type: string, payload: object) => JSON.stringify({ type, payload })
