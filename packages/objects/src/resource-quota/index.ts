export { writtenAmounts } from './amounts.js';
export { type CountingQuota, chargeQuotas, countingQuota } from './charge.js';
export { countsUntil } from './pod-usage.js';
export { QuotaRecount } from './recount.js';
export { type CountedObject, countsByContent, isCounted } from './usage.js';
