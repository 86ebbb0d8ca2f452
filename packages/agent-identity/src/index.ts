export { AgentDirectory } from './agent-directory.js';
export { endOf } from './ended-identity.js';
export { type Joining, joinCluster } from './join-cluster.js';
export { agentIn, renewIdentity } from './renew-identity.js';
