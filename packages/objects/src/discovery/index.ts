export * from './aggregated-discovery.js';
export * from './content-hash.js';
export * from './legacy-discovery.js';
export * from './posted-kinds.js';
export * from './served-api.js';
