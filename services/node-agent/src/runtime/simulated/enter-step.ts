import { timestamp } from '@everynode/objects';
import { type ContainerRun, end } from '../container-run.js';
import type { PodAddresses } from '../pod-addresses.js';
import {
  containerCrashed,
  containerStarted,
  imagePullFailed,
  imagePullWaits,
  podDeadlineExceeded,
  probeFailed,
  restartWaits,
} from '../pod-moments.js';
import { mainContainers } from '../pod-run.js';
import { countCrash, crashBackoffMs } from '../restart-backoff.js';
import type { Clock } from '../timers.js';
import { planStop, SIGTERM_EXIT } from './plan-stop.js';
import type { SimulatedRun } from './simulated-run.js';
import type { Step } from './stages.js';

/** What steps need of the runtime. */
interface StepSurroundings {
  clock: Clock;
  addresses: PodAddresses;
}

const DEFAULT_GRACE_SECONDS = 30;

type Enter = (run: SimulatedRun, surroundings: StepSurroundings) => void;

const now = ({ clock }: StepSurroundings): string => timestamp(clock.wallTime());

/** What happens to a pod when it enters a step; see stages.ts for when it does. */
export const ENTER_STEP: Readonly<Record<Step, Enter>> = {
  creating: () => undefined,
  'pull-failed': (run) => {
    const [container] = mainContainers(run);
    if (!container) return;
    run.failedPulls += 1;
    imagePullFailed(run, container);
  },
  'pull-waiting': (run) => {
    const [container] = mainContainers(run);
    if (container) imagePullWaits(run, container);
  },
  initialising: (run, surroundings) => {
    surroundings.addresses.attach(run);
    endInit(run, surroundings);
    startNextInit(run, surroundings);
  },
  running: (run, surroundings) => {
    surroundings.addresses.attach(run);
    endInit(run, surroundings);
    startAll(run, surroundings);
    run.begunAtMs = surroundings.clock.now();
  },
  probing: (run, { clock }) => passProbes(run, clock.now() - run.begunAtMs),
  ready: (run) => passProbes(run, Number.POSITIVE_INFINITY),
  unready: (run) => {
    for (const container of mainContainers(run)) {
      container.started = true;
      probeFailed(run, container);
    }
  },
  crashed: crash,
  'restart-waiting': (run) => {
    const [container] = mainContainers(run);
    if (container) restartWaits(run, container, crashBackoffMs(run.crashes));
  },
  'init-crashed': (run, surroundings) => {
    const container = runningInit(run);
    if (!container) return;
    run.crashes = countCrash(run.crashes, surroundings.clock.now() - run.begunAtMs);
    containerCrashed(container, run.script.initFailures.get(container.name) ?? 1, now(surroundings));
  },
  'init-waiting': (run) => {
    const container = run.containers.find(({ kind, crashed }) => kind === 'init' && crashed !== undefined);
    if (container) restartWaits(run, container, crashBackoffMs(run.crashes));
  },
  'init-failed': (run, surroundings) => {
    const container = runningInit(run);
    if (container) end(container, run.script.initFailures.get(container.name) ?? 1, now(surroundings));
    for (const each of run.containers) if (each.startedAt !== undefined) end(each, SIGTERM_EXIT, now(surroundings));
  },
  rejected: () => undefined,
  expired: (run, surroundings) => {
    const grace = (run.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
    podDeadlineExceeded(run, planStop(run, grace).code, now(surroundings));
  },
  finished: ({ containers, script }, surroundings) => {
    for (const container of containers) {
      if (!container.ended) end(container, script.end?.code ?? 0, now(surroundings));
    }
  },
};

/** Probes have passed that pass up to this long after the start of the main containers. */
function passProbes(run: SimulatedRun, upToMs: number): void {
  for (const container of mainContainers(run)) {
    const times = run.probes.get(container.name);
    if (container.startedAt === undefined || !times) continue;
    if (times.startedMs <= upToMs) container.started = true;
    if (times.readyMs <= upToMs) container.ready = !run.script.neverReady;
  }
}

const runningInit = ({ containers }: SimulatedRun): ContainerRun | undefined =>
  containers.find(({ kind, startedAt }) => kind === 'init' && startedAt !== undefined);

/** The init container that runs has done its work. */
function endInit(run: SimulatedRun, surroundings: StepSurroundings): void {
  const running = runningInit(run);
  if (!running) return;
  end(running, 0, now(surroundings));
  run.crashes = 0;
}

/** Starts the next init container, and the sidecars that stand before it. */
function startNextInit(run: SimulatedRun, surroundings: StepSurroundings): void {
  for (const container of run.containers) {
    if (container.startedAt !== undefined || container.ended) continue;
    if (container.kind === 'init' && run.crashes > 0) container.restarts += 1;
    containerStarted(run, container, now(surroundings));
    run.begunAtMs = surroundings.clock.now();
    if (container.kind === 'init') return;
  }
}

/** Starts every container that does not run, has not ended and can be created. */
function startAll(run: SimulatedRun, surroundings: StepSurroundings): void {
  for (const container of run.containers) {
    if (container.startedAt !== undefined || container.ended || run.faults?.containers.has(container.name)) continue;
    const hasRun = container.crashed !== undefined || container.lastExit !== undefined;
    if (hasRun && container.kind === 'main' && run.crashes > 0) container.restarts += 1;
    containerStarted(run, container, now(surroundings));
  }
}

/** The first main container ends, and is to be started again; the others run on. */
function crash(run: SimulatedRun, surroundings: StepSurroundings): void {
  const [container] = mainContainers(run);
  if (container?.startedAt === undefined) return;
  run.crashes = countCrash(run.crashes, surroundings.clock.now() - run.begunAtMs);
  containerCrashed(container, run.script.end?.code ?? 1, now(surroundings));
}
