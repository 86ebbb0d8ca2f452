export {
  type AddedNodes,
  ControlClient,
  type NodesRequest,
  NotRunningError,
  type StackControl,
} from './control-channel.js';
export { stopLeftovers } from './leftovers.js';
export { freePort } from './process/free-port.js';
export { AlreadyRunningError, holderOf } from './process/single-run.js';
export { waitUntil } from './process/wait-until.js';
export { dropNatsData, type NatsOptions, type RunningNats, startNats } from './servers/nats.js';
export { findNatsServer } from './servers/nats-binary.js';
export { agentFence, type NatsUser } from './servers/nats-config.js';
export { dropPostgresData, type PostgresOptions, type RunningPostgres, startPostgres } from './servers/postgres.js';
export {
  type AgentSpec,
  demoFleet,
  type Fleet,
  type NodeSpec,
  type NodesFile,
  nodeCount,
  numberedFleet,
  type Taint,
  workerNode,
} from './services/fleet.js';
export { FrontDoor, type Replica } from './services/front-door.js';
export { ServiceProcess, type ServiceStatus } from './services/service-process.js';
export { type ServiceName, Stack, type StackOptions } from './stack.js';
export { type AgentStatus, PHASES, type Phase, type ServerStatus, type StackStatus } from './stack-status.js';
export {
  type CertifiedKey,
  type ClusterCertificates,
  ensureCertificates,
  servingNames,
} from './state/certificates.js';
export { kubeconfig, writeKubeconfig } from './state/kubeconfig.js';
export { lastLines, sizeOf } from './state/last-lines.js';
export { readIfPresent, writeSecretFile } from './state/private-files.js';
export { makeStateDirectories, type StatePaths, statePaths } from './state/state-directory.js';
