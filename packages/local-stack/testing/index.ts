/** Parts of the local stack that only tests of other packages use. */
export { freePort } from '../src/process/free-port.js';
export { findNatsServer } from '../src/servers/nats-binary.js';
export { Flood } from './flood.js';
export { connectRaw, type RawClient } from './raw-client.js';
