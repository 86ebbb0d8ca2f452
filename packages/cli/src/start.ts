import {
  AlreadyRunningError,
  demoFleet,
  type Fleet,
  holderOf,
  numberedFleet,
  readFleet,
  type StackStatus,
  type StatePaths,
} from '@everynode/local-stack';
import { readIfPresent } from '@everynode/service-shell/private-files';
import { checkoutState } from './checkout.js';
import { launchDetached, launchHere, type StartRequest } from './launch.js';
import { type AfterStart, showStart } from './progress.js';
import { startSummary } from './summary.js';

export interface StartFlags {
  nodes?: number;
  agents?: number;
  apiReplicas: number;
  schedulerReplicas: number;
  port: number;
  controllers?: string;
  authorizationMode?: string;
  fresh: boolean;
  detach: boolean;
}

const DEFAULT_AGENTS = 2;

/**
 * What to run, from the flags and from what an earlier run recorded: without flags about the fleet, the same fleet. And
 * the fleet that takes the place of that one, if it is another.
 */
async function requestFrom(
  flags: StartFlags,
  paths: StatePaths,
): Promise<{ request: StartRequest; newFleet: Fleet | undefined }> {
  const asked = flags.nodes !== undefined || flags.agents !== undefined;
  const agents = flags.agents ?? DEFAULT_AGENTS;
  const previous = flags.fresh ? undefined : await readFleet(paths);
  const fleet =
    flags.nodes !== undefined ? numberedFleet(flags.nodes, Math.min(agents, flags.nodes)) : demoFleet(agents);
  if (asked && previous !== undefined && previous.kind !== fleet.kind) {
    process.stdout.write(
      'Nodes of the earlier fleet stay known and will turn NotReady; --fresh starts without them.\n',
    );
  }
  const { apiReplicas, schedulerReplicas, port, controllers, authorizationMode, fresh } = flags;
  const resumed = previous !== undefined && !asked;
  const request = {
    fleet: resumed ? previous : fleet,
    replaceFleet: asked,
    apiReplicas,
    schedulerReplicas,
    port,
    ...(controllers !== undefined && { controllers }),
    ...(authorizationMode !== undefined && { authorizationMode }),
    fresh,
  };
  return { request, newFleet: asked && previous !== undefined ? fleet : undefined };
}

/**
 * Starts a cluster and shows it. Returns the exit code: when the cluster can be used if detached, else when it has
 * stopped.
 */
export async function startCluster(flags: StartFlags): Promise<number> {
  const paths = checkoutState();
  const holder = await holderOf(paths.run);
  if (holder !== undefined) throw new AlreadyRunningError(holder);
  const { request, newFleet } = await requestFrom(flags, paths);
  const demoObjects =
    request.fleet.kind === 'demo' && (flags.fresh || (await readIfPresent(paths.demoCreated)) === undefined);

  const afterwards = { demoObjects, newFleet };

  if (flags.detach) {
    const launched = await launchDetached(request);
    const status = await showUntil(paths, launched.pid, afterwards, launched.failed);
    process.stdout.write(startSummary(status, paths, true));
    return 0;
  }
  const launched = await launchHere(request);
  const end = Promise.race([launched.done, launched.failed]);
  const first = await showUntil(paths, launched.pid, afterwards, end).catch(async (error: unknown) => {
    await launched.stop();
    throw error;
  });
  if (typeof first !== 'number') {
    process.stdout.write(startSummary(first, paths, false));
    launched.showEvents();
  }
  return launched.done;
}

/** Shows the start until it is complete or `end` settles; the display ends before anything else is printed. */
async function showUntil<T>(
  paths: StatePaths,
  pid: number,
  afterwards: AfterStart,
  end: Promise<T>,
): Promise<StackStatus | T> {
  const ended = new AbortController();
  const shown = showStart(paths, pid, afterwards, ended.signal);
  try {
    return await Promise.race([shown, end]);
  } finally {
    ended.abort(new Error('stopped'));
    await shown.catch(() => undefined);
  }
}
