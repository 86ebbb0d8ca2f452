export { endOf } from './ended-identity.js';
export { type Joining, joinCluster } from './join-cluster.js';
export { keepRenewed } from './keep-renewed.js';
