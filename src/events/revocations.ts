import type { AccessChange } from './events.js'
import type { Publisher, Subscriber, Unsubscribe } from './publisher.js'

const REVOCATION_CHANNEL = 'token-revoked'

/** Tells every node that a token is revoked. */
export function publishRevocation(publisher: Publisher, tokenId: number): void {
  publisher.publish([REVOCATION_CHANNEL], { revokedTokenId: tokenId })
}

/** Tells every node that an account's access has changed, and which tokens were revoked by that. */
export function publishAccessChange(publisher: Publisher, accessChange: AccessChange, revokedTokenIds: number[]): void {
  publisher.publish([REVOCATION_CHANNEL], { accessChange, revokedTokenIds })
}

/** Tokens that were revoked, and accounts whose access has changed. */
export interface Revoked {
  tokenIds: number[]
  changes: AccessChange[]
}

/** Calls back with what is published as revoked or changed. */
export function listenToRevocations(
  subscriber: Subscriber,
  listener: (revoked: Revoked) => void,
): Promise<Unsubscribe> {
  return subscriber.subscribe(REVOCATION_CHANNEL, (event) => {
    if ('revokedTokenId' in event) listener({ tokenIds: [event.revokedTokenId], changes: [] })
    else if ('accessChange' in event) listener({ tokenIds: event.revokedTokenIds, changes: [event.accessChange] })
  })
}
