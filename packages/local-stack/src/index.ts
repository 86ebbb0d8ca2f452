/**
 * The whole door: the stack, and the parts of it that tests and the command line use. See `control.ts` for the small
 * one.
 */
export { type AddedNodes, ControlClient, NotRunningError } from './control-channel.js';
export { stopLeftovers } from './leftovers.js';
export { freePort } from './process/free-port.js';
export { readProcFile, readProcStat } from './process/proc-files.js';
export { AlreadyRunningError, holderOf } from './process/single-run.js';
export { waitUntil } from './process/wait-until.js';
export { ensureAuthority } from './servers/bus-credentials.js';
export { type RunningNats, startNats } from './servers/nats.js';
export { startPostgres } from './servers/postgres.js';
export {
  DEMO_MASTERS,
  demoFleet,
  type Fleet,
  MASTER_ROLE,
  type NodeSpec,
  nodeNames,
  numberedFleet,
  type Taint,
} from './services/fleet.js';
export type { ServiceStatus } from './services/service-process.js';
export { Stack } from './stack.js';
export type { Launch, LaunchOf, ServiceName, StackOptions } from './stack-options.js';
export { type AgentStatus, PHASES, type Phase, type ServerStatus, type StackStatus } from './stack-status.js';
export { ensureCertificates } from './state/certificates.js';
export { encryptionKeysIn, ensureEncryptionKeys } from './state/encryption-keys.js';
export { readFleet } from './state/fleet-file.js';
export { writeKubeconfig } from './state/kubeconfig.js';
export { lastLines, sizeOf } from './state/log-files.js';
export { makeStateDirectories, type StatePaths } from './state/state-directory.js';
