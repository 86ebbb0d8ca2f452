/** Parts of the local stack that only tests of other packages use. */
export { freePort } from '../process/free-port.js';
export { findNatsServer } from '../servers/nats-binary.js';
