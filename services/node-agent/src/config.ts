import { TUNNEL_RATES } from '@everynode/container-streams';
import { isAgentName } from '@everynode/contract';
import { DEFAULT_EVICTION_HARD } from '@everynode/kubelet';
import { commonConfig, readConfig } from '@everynode/service-shell';
import { type Static, Type } from 'typebox';

const schema = Type.Object({
  ...commonConfig,
  /** Name of this process on the bus; a DNS label. */
  EVERYNODE_AGENT: Type.String(),
  /** Path of the nodes file, YAML or JSON: the nodes that this process hosts. See nodes/nodes-file.ts. */
  EVERYNODE_NODES_FILE: Type.String(),
  /** What pods are: `simulated`, in time only; `process`, on this machine; `docker`, in its container engine. */
  EVERYNODE_RUNTIME: Type.Union([Type.Literal('simulated'), Type.Literal('process'), Type.Literal('docker')], {
    default: 'simulated',
  }),
  /** Socket of the Docker Engine, of an agent with the runtime `docker`. */
  EVERYNODE_DOCKER_SOCKET: Type.String({ default: '/var/run/docker.sock' }),
  /** Folder for what outlives the process, of an agent of real pods. */
  EVERYNODE_STATE_FOLDER: Type.String({ default: '/var/lib/everynode' }),
  /** Names of images and their programs: `NAME=/path`, with commas between them. */
  EVERYNODE_IMAGES: Type.String({ default: '' }),
  /** Folders of the machine that pods may mount, with what is below: absolute paths with commas between them. */
  EVERYNODE_HOST_ROOTS: Type.String({ default: '/var' }),
  /** Address of the machine, where the one that is found is not the right one. */
  EVERYNODE_NODE_ADDRESS: Type.String({ default: '' }),
  /** Below what is left of the machine pods are evicted: `SIGNAL<AMOUNT`, with commas between them; empty for never. */
  EVERYNODE_EVICTION_HARD: Type.String({ default: DEFAULT_EVICTION_HARD }),
  /** How long a node is reported to be short of something after it was so last. */
  EVERYNODE_EVICTION_TRANSITION_SECONDS: Type.Number({ default: 300, minimum: 0 }),
  /** How long the pods have when the machine shuts down, and the critical ones of that. */
  EVERYNODE_SHUTDOWN_GRACE_SECONDS: Type.Number({ default: 60, minimum: 0 }),
  EVERYNODE_SHUTDOWN_GRACE_CRITICAL_SECONDS: Type.Number({ default: 20, minimum: 0 }),
  /** Whether SIGTERM ends the pods first, as before the machine shuts down. */
  EVERYNODE_DRAIN_ON_STOP: Type.Boolean({ default: false }),
  /** Path of the shim that holds containers; without one it is found, or compiled. */
  EVERYNODE_SHIM: Type.Optional(Type.String()),
  /** The output of a container is kept in files of this many bytes, and in so many of them. */
  EVERYNODE_LOG_BYTES: Type.Integer({ default: 10 << 20, minimum: 4096 }),
  EVERYNODE_LOG_FILES: Type.Integer({ default: 5, minimum: 2 }),
  /** Delays of the simulated runtime, in ms: `200`, or `200-800` for a value drawn from that range. */
  EVERYNODE_SIM_START_MS: Type.Optional(Type.String()),
  EVERYNODE_SIM_READY_MS: Type.Optional(Type.String()),
  EVERYNODE_SIM_STOP_MS: Type.Optional(Type.String()),
  /** Chance, from 0 to 1, that a pod fails: by the nodes file's `failure`, or by crashing a second after each start. */
  EVERYNODE_SIM_FAILURE_RATE: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  /** Whether the events of a kubelet are reported. */
  EVERYNODE_SIM_EVENTS: Type.Boolean({ default: true }),
  EVERYNODE_HEARTBEAT_SECONDS: Type.Number({ default: 10, exclusiveMinimum: 0 }),
  /** What is sent at most of logs and other streams of containers, in messages and in bytes a second. */
  EVERYNODE_STREAM_MESSAGES_PER_SECOND: Type.Integer({ default: TUNNEL_RATES.messagesPerSecond, minimum: 1 }),
  EVERYNODE_STREAM_BYTES_PER_SECOND: Type.Integer({ default: TUNNEL_RATES.bytesPerSecond, minimum: 1024 }),
  /** The same seed draws the same delays and failures. */
  EVERYNODE_SEED: Type.Integer({ default: 1 }),
});

export type Config = Static<typeof schema>;

/** @throws Error that names the variable and what is wrong with it. */
export function agentConfig(env?: NodeJS.ProcessEnv): Config {
  const config = readConfig(schema, env);
  if (!isAgentName(config.EVERYNODE_AGENT)) {
    throw new Error(`EVERYNODE_AGENT must be a DNS label: ${JSON.stringify(config.EVERYNODE_AGENT)}`);
  }
  return config;
}

/** What a process that ends its pods first may take to stop: their time, and that of reports. */
export const drainDeadlineMs = ({ EVERYNODE_SHUTDOWN_GRACE_SECONDS: seconds }: Config): number =>
  seconds * 1000 + 30_000;
