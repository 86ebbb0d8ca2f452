import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../config.js';

/** How much of the output of containers is kept. */
export interface ContainerLogs {
  maxBytes: number;
  files: number;
}

/** The settings of every runtime whose pods are real. */
export interface MachineSettings {
  /** Folder for all that outlives the process. */
  stateFolder: string;
  /** Path of the shim; found or compiled without one. */
  shim: string | undefined;
  /** Folders of the machine that pods may mount, with what is below. */
  hostRoots: readonly string[];
  log: ContainerLogs;
  /** Whether this process may make namespaces, and mount. */
  isPrivileged: boolean;
  /** No container may have a lower `oom_score_adj`: machines that are containers themselves have bounds. */
  leastOomScore: number;
  /** The objects of pods that run are asked about so often, in ms. */
  renewMs: number;
}

/** A kubelet watches the objects of its pods, and applies a change within a minute. */
const RENEW_MS = 20_000;

/**
 * The settings of a configuration, and what this machine says of itself.
 * @throws Error for folders that are none.
 */
export function machineSettings(config: Config): MachineSettings {
  const hostRoots = config.EVERYNODE_HOST_ROOTS.split(',').filter(Boolean);
  const relative = hostRoots.find((root) => !root.startsWith('/'));
  if (relative !== undefined) throw new Error(`EVERYNODE_HOST_ROOTS must be absolute paths: ${relative}`);
  return {
    stateFolder: resolve(config.EVERYNODE_STATE_FOLDER),
    shim: config.EVERYNODE_SHIM,
    hostRoots,
    log: { maxBytes: config.EVERYNODE_LOG_BYTES, files: config.EVERYNODE_LOG_FILES },
    isPrivileged: isCapable(SYS_ADMIN),
    leastOomScore: leastOomScore(),
    renewMs: RENEW_MS,
  };
}

/** Numbers of capabilities. Source: include/uapi/linux/capability.h. */
const SYS_ADMIN = 21n;
const SYS_RESOURCE = 24n;

/** Whether this process is root, with a capability. */
function isCapable(capability: bigint): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return process.getuid?.() === 0 && effective !== undefined && ((BigInt(`0x${effective}`) >> capability) & 1n) === 1n;
}

const LEAST = -1000;

/** The least `oom_score_adj` that containers may have here. Source: proc_pid_oom_score_adj(5). */
export const leastOomScore = (): number =>
  isCapable(SYS_RESOURCE) ? LEAST : Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
