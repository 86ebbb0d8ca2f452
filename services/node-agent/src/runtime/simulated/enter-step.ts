import { timestamp } from '@everynode/objects';
import { end } from '../container-run.js';
import type { PodAddresses } from '../pod-addresses.js';
import {
  containerCrashed,
  containerStarted,
  imagePullFailed,
  imagePullWaits,
  probeFailed,
  restartWaits,
} from '../pod-moments.js';
import { mainContainers } from '../pod-run.js';
import { countCrash, crashBackoffMs } from '../restart-backoff.js';
import type { Clock } from '../timers.js';
import type { SimulatedRun } from './simulated-run.js';
import type { Step } from './stages.js';

/** What steps need of the runtime. */
interface StepSurroundings {
  clock: Clock;
  addresses: PodAddresses;
}

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
  ready: ({ containers }) => {
    for (const container of containers) if (container.kind === 'main') container.ready = true;
  },
  unready: (run) => {
    for (const container of mainContainers(run)) probeFailed(run, container);
  },
  crashed: crash,
  'restart-waiting': (run) => {
    const [container] = mainContainers(run);
    if (container) restartWaits(run, container, crashBackoffMs(run.crashes));
  },
  finished: ({ containers, script }, surroundings) => {
    for (const container of containers) {
      if (!container.ended) end(container, script.end?.code ?? 0, now(surroundings));
    }
  },
};

/** The init container that runs has done its work. */
function endInit({ containers }: SimulatedRun, surroundings: StepSurroundings): void {
  const running = containers.find(({ kind, startedAt }) => kind === 'init' && startedAt !== undefined);
  if (running) end(running, 0, now(surroundings));
}

/** Starts the next init container, and the sidecars that stand before it. */
function startNextInit(run: SimulatedRun, surroundings: StepSurroundings): void {
  for (const container of run.containers) {
    if (container.startedAt !== undefined || container.ended) continue;
    containerStarted(run, container, now(surroundings));
    if (container.kind === 'init') return;
  }
}

/** Starts every container that does not run and has not ended. */
function startAll(run: SimulatedRun, surroundings: StepSurroundings): void {
  for (const container of run.containers) {
    if (container.startedAt !== undefined || container.ended) continue;
    const hasRun = container.crashed !== undefined || container.lastExit !== undefined;
    if (hasRun && container.kind === 'main' && run.crashes > 0) container.restarts += 1;
    containerStarted(run, container, now(surroundings));
  }
}

/** The first main container ends, and is to be started again; the others run on. */
function crash(run: SimulatedRun, surroundings: StepSurroundings): void {
  const [container] = mainContainers(run);
  if (!container) return;
  run.crashes = countCrash(run.crashes, surroundings.clock.now() - run.begunAtMs);
  containerCrashed(container, run.script.end?.code ?? 1, now(surroundings));
}
