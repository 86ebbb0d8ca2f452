import { ControlClient, knownAddresses, type StackStatus, type StatePaths } from '@everynode/local-stack/control';
import type { Observations, ProcessObservation, Role, SupervisorObservation } from '../observations.js';
import { observeApi } from './api.js';
import { observeHealth } from './health.js';
import { type ApiAccess, readKubeconfig } from './kubeconfig.js';
import { type NatsAddress, observeNats } from './nats.js';
import { observePostgres } from './postgres.js';

/** A supervisor that takes longer to answer hangs. */
const SUPERVISOR_DEADLINE_MS = 2000;

export interface ObserveOptions {
  /** The state directory of a local stack; undefined for a cluster that was started otherwise. */
  paths: StatePaths | undefined;
  /** A kubeconfig in place of that of the state directory. */
  kubeconfig: string | undefined;
  /** `DATABASE_URL`, `NATS_URL`, `NATS_CREDS`, `NATS_CA`: servers that are not the stack's. */
  env: NodeJS.ProcessEnv;
}

/**
 * Looks at everything that can be reached, all at once. It takes a few seconds whatever hangs, and changes nothing.
 * @throws Error when `kubeconfig` is named and cannot be read.
 */
export async function observe({ paths, kubeconfig, env }: ObserveOptions): Promise<Observations> {
  const at = Date.now();
  const known = paths && (await knownAddresses(paths));
  const databaseUrl = env.DATABASE_URL || known?.databaseUrl;
  const nats = natsIn(env) ?? known?.nats;
  const status = paths && new ControlClient(paths.run, SUPERVISOR_DEADLINE_MS).status().catch(() => undefined);
  const processes = Promise.resolve(status).then((answer) => observeProcesses(answer, known?.processes ?? []));
  const own = (directory: string | undefined, foreign: string | undefined) => (foreign ? undefined : directory);
  const access = await (kubeconfig === undefined ? ownAccess(paths?.kubeconfig) : readKubeconfig(kubeconfig));
  const [stack, seenProcesses, seenPostgres, seenNats, seenApi] = await Promise.all([
    status,
    processes,
    databaseUrl ? observePostgres(databaseUrl, own(known?.dataDirectories.postgres, env.DATABASE_URL)) : NOT_ASKED,
    nats ? observeNats(nats, own(known?.dataDirectories.nats, env.NATS_URL)) : NOT_ASKED,
    access ? observeApi(access) : NOT_ASKED,
  ]);
  return {
    at,
    supervisor: supervisorOf(paths, known?.supervisor, stack),
    servers: stack?.servers ?? [],
    processes: seenProcesses,
    postgres: seenPostgres,
    nats: seenNats,
    api: seenApi,
  };
}

function natsIn({ NATS_URL, NATS_CREDS, NATS_CA }: NodeJS.ProcessEnv): NatsAddress | undefined {
  if (!NATS_URL) return undefined;
  return { url: NATS_URL, credential: { credentialsFile: NATS_CREDS ?? '', caFile: NATS_CA ?? '' } };
}

const NOT_ASKED = { kind: 'not asked' } as const;

/** By the state directory's own file. Undefined when there is none: the cluster has never been started. */
function ownAccess(file: string | undefined): Promise<ApiAccess | undefined> {
  if (file === undefined) return Promise.resolve(undefined);
  return readKubeconfig(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function supervisorOf(
  paths: StatePaths | undefined,
  pid: number | undefined,
  status: StackStatus | undefined,
): SupervisorObservation {
  if (paths === undefined) return NOT_ASKED;
  if (status !== undefined) return { kind: 'answers', phase: status.phase, detail: status.detail };
  return pid === undefined ? { kind: 'absent' } : { kind: 'silent', pid };
}

const roleOf = (name: string): Role =>
  name.startsWith('api') ? 'api' : name.startsWith('scheduler') ? 'scheduler' : 'agent';

/** By the supervisor where it answers, else by the files that it has left. */
function observeProcesses(
  status: StackStatus | undefined,
  recorded: { name: string; pid: number; healthPort: number }[],
): Promise<ProcessObservation[]> {
  const listed = status
    ? [...status.services, ...status.agents].map(({ restarts: _, ...service }) => service)
    : recorded.map((process) => ({ ...process }));
  return Promise.all(
    listed.map(async ({ healthPort, ...process }) => ({
      ...process,
      role: roleOf(process.name),
      health: healthPort === null || process.pid === null ? { kind: 'gone' as const } : await observeHealth(healthPort),
    })),
  );
}
