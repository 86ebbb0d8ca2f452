export { type Authority, type CertifiedKey, createAuthority, openAuthority } from './authority.js';
export { authorityHash } from './authority-hash.js';
export { issueCertificate } from './issue-certificate.js';
export { createKey, createKeyPair, privateKeyPem } from './keys.js';
export { isOwnSigner, NODE_USER_PREFIX, NODES_GROUP, nodeOfUser, refusalOf, SIGNERS, usesOf } from './signer-rules.js';
export { createSigningRequest, readSigningRequest, type SigningRequest } from './signing-request.js';
