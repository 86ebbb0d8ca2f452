export { type Authority, type CertifiedKey, createAuthority, openAuthority } from './authority.js';
export { issueCertificate } from './issue-certificate.js';
export { createKey, createKeyPair, privateKeyPem } from './keys.js';
