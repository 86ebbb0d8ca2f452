export { aggregatedDiscovery } from './aggregated-discovery.js';
export { contentHash } from './content-hash.js';
export { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacy-discovery.js';
export { postedKinds } from './posted-kinds.js';
export { groupVersionPath, groupVersions, type ServedApi } from './served-api.js';
