export { AGENT_LIFETIME_MS, AGENT_RENEWAL_MS, agentUserJwt, serviceUserJwt } from './accounts.js';
export { AgentAccounts, RevokedKeyError, type SentCount, type ServerCounts } from './agent-accounts.js';
export { authorityOf, type BusAuthority, createAuthoritySecret } from './bus-authority.js';
export { type BusCredential, connectionProof, credentialsText, parseCredentials } from './credential.js';
export { createNkey, isUserPublicKey, type Nkey, userFromSeed } from './nkey.js';
export { serverConfig } from './server-config.js';
