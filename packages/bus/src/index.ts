export * from './bus.js';
export * from './cloud-event.js';
export { RequestFailedError } from './request-failed-error.js';
