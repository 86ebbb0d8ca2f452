import { ANONYMOUS, type Identity } from '../auth/identity.js';

/**
 * Requests with equal flows wait in one line: those of one user, whatever else the client says of itself. Clients
 * without a credential are told apart by their address. Source: flowcontrol v1, FlowDistinguisherMethod ByUser.
 */
export function flowOf(identity: Identity | undefined, address: string): string {
  if (!identity || identity.user === ANONYMOUS.user) return `address ${address}`;
  return `user ${identity.user}`;
}
