export { Bus } from './bus.js';
export { BusUnavailableError } from './bus-unavailable-error.js';
export { type CloudEvent, NDJSON_TYPE } from './cloud-event.js';
export type { Delivery } from './delivery.js';
export type { Follower } from './follow.js';
export { RequestFailedError } from './request-failed-error.js';
export type { WorkLimits } from './work.js';
