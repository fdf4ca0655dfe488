import type { Publisher, Subscriber, Unsubscribe } from './publisher.js'

const REVOCATION_CHANNEL = 'token-revoked'

/** Tells every node that a token is revoked. */
export function publishRevocation(publisher: Publisher, tokenId: number): void {
  publisher.publish([REVOCATION_CHANNEL], { revokedTokenId: tokenId })
}

/** Calls back with the id of each token that is published as revoked. */
export function listenToRevocations(subscriber: Subscriber, listener: (tokenId: number) => void): Promise<Unsubscribe> {
  return subscriber.subscribe(REVOCATION_CHANNEL, (event) => {
    if ('revokedTokenId' in event) listener(event.revokedTokenId)
  })
}
