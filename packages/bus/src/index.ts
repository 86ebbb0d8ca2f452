export * from './bus.js';
export * from './cloud-event.js';
