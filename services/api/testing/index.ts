export { PROTOBUF, protobufEvents, readObject, writeObject } from './protobuf-client.js';
export { type Backends, type RunningApi, startBackends, startReplica } from './running-api.js';
export { testClient } from './test-client.js';
