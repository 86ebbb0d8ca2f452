/** The client of a request, as authentication found it. */
export interface Identity {
  user: string;
  groups: string[];
  /** Service accounts have one, and clients whose proxy names one. */
  uid?: string;
  /** Further claims: of a token, or of a proxy. */
  extra?: Record<string, string[]>;
}

/** Every identity of a credential is in this group. Source: apiserver/pkg/authentication/group. */
export const AUTHENTICATED = 'system:authenticated';

/** The key of `extra` that says which credential a client used; audit events and reviews show it. */
export const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

/** A client without any credential. Source: apiserver/pkg/authentication/request/anonymous. */
export const ANONYMOUS: Readonly<Identity> = { user: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Adds the group of all clients with a credential. Source: group/authenticated_group_adder.go. */
export function authenticated(identity: Identity): Identity {
  return identity.groups.includes(AUTHENTICATED)
    ? identity
    : { ...identity, groups: [...identity.groups, AUTHENTICATED] };
}
