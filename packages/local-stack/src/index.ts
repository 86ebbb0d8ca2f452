export {
  type CertifiedKey,
  type ClusterCertificates,
  ensureCertificates,
  servingNames,
} from './certificates.js';
export {
  type AddedNodes,
  ControlClient,
  type NodesRequest,
  NotRunningError,
  type StackControl,
} from './control-channel.js';
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
} from './fleet.js';
export { freePort } from './free-port.js';
export { FrontDoor, type Replica } from './front-door.js';
export { kubeconfig, writeKubeconfig } from './kubeconfig.js';
export { lastLines, sizeOf } from './last-lines.js';
export { stopLeftovers } from './leftovers.js';
export { dropNatsData, type NatsOptions, type RunningNats, startNats } from './nats.js';
export { findNatsServer } from './nats-binary.js';
export { agentFence, type NatsUser } from './nats-config.js';
export { dropPostgresData, type PostgresOptions, type RunningPostgres, startPostgres } from './postgres.js';
export { readIfPresent, writeSecretFile } from './private-files.js';
export { ServiceProcess, type ServiceStatus } from './service-process.js';
export { AlreadyRunningError, holderOf } from './single-run.js';
export { type ServiceName, Stack, type StackOptions } from './stack.js';
export { type AgentStatus, PHASES, type Phase, type ServerStatus, type StackStatus } from './stack-status.js';
export { makeStateDirectories, type StatePaths, statePaths } from './state-directory.js';
export { waitUntil } from './wait-until.js';
