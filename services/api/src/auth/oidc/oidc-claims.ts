import type { JWTPayload } from 'jose';
import { authenticated, CREDENTIAL_ID, type Identity } from '../identity.js';
import type { OidcSettings } from './oidc-settings.js';

/** Names that the cluster gives itself. An issuer outside must not speak for them, whatever its claims say. */
const RESERVED = 'system:';

/**
 * The identity that the claims of a verified token name.
 * Source: apiserver/plugin/pkg/authenticator/token/oidc, getUsername, getGroups.
 * @throws Error that says which claim is wrong.
 */
export function identityOfClaims(settings: OidcSettings, claims: JWTPayload): Identity {
  for (const [claim, wanted] of settings.requiredClaims) {
    if (!Object.hasOwn(claims, claim)) throw new Error(`required claim ${claim} not present in ID token`);
    if (claims[claim] !== wanted) throw new Error(`required claim ${claim} value does not match`);
  }
  const user = usernamePrefix(settings) + usernameOf(settings, claims);
  if (user.startsWith(RESERVED)) throw new Error(`the user name ${JSON.stringify(user)} is reserved`);
  const { jti } = claims;
  return authenticated({
    user,
    groups: groupsOf(settings, claims).filter((group) => !group.startsWith(RESERVED)),
    ...(typeof jti === 'string' && jti !== '' && { extra: { [CREDENTIAL_ID]: [`JTI=${jti}`] } }),
  });
}

function usernamePrefix({ issuer, usernameClaim, usernamePrefix: prefix }: OidcSettings): string {
  if (prefix === '-') return '';
  if (prefix !== undefined) return prefix;
  return usernameClaim === 'email' ? '' : `${issuer}#`;
}

function usernameOf({ usernameClaim }: OidcSettings, claims: JWTPayload): string {
  const name = Object.hasOwn(claims, usernameClaim) ? claims[usernameClaim] : undefined;
  if (typeof name !== 'string' || name === '') throw new Error(`the claim ${usernameClaim} names no user`);
  // Where the issuer says nothing of it, an address counts as verified.
  if (usernameClaim === 'email' && (claims.email_verified ?? true) !== true) throw new Error('email not verified');
  return name;
}

function groupsOf({ groupsClaim, groupsPrefix }: OidcSettings, claims: JWTPayload): string[] {
  if (groupsClaim === undefined || !Object.hasOwn(claims, groupsClaim)) return [];
  const value = claims[groupsClaim];
  const groups = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === 'string')) {
    throw new Error(`the claim ${groupsClaim} holds no names of groups`);
  }
  return groups.map((group) => groupsPrefix + group);
}
