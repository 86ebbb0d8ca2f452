/** What tests of all packages need: servers of their own, a real kubectl, and waiting for conditions. */
export {
  type DockerEngine,
  findOrStartEngine,
  isEngineImpossible,
  mayStartEngine,
  maySystemAdmin,
  OwnEngine,
} from './docker-engine.js';
export { eventually } from './eventually.js';
export { type FoundKubectl, findKubectls } from './find-kubectls.js';
export { Helm } from './helm.js';
export { holdCounter } from './hold-counter.js';
export { inTerminal } from './in-terminal.js';
export { Kubectl } from './kubectl.js';
export { librariesOf } from './libraries-of.js';
export { TcpProxy } from './tcp-proxy.js';
export { createDatabase, createEmptyDatabase, type TestDatabase } from './test-database.js';
export { testLog } from './test-log.js';
export { startTestNats, type TestNats } from './test-nats.js';
export { startTestPostgres } from './test-postgres.js';
