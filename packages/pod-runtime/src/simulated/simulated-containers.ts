import type {
  ContainerIds,
  ContainerRun,
  ContainerRuntime,
  ObservedExit,
  ProbeKind,
  ProbeOutcome,
  PullResult,
  SandboxResult,
  StartResult,
} from '@everynode/kubelet';
import { hexOf } from '../seeded-random.js';
import type { Clock, Timers } from '../timers.js';
import { exitOf, probeOf } from './container-script.js';
import type { LiveContainer } from './live-container.js';
import type { PodAddresses } from './pod-addresses.js';
import type { SimulatedRun } from './simulated-run.js';

/** Exit codes of a container that a signal ended: 128 and the signal's number. */
const SIGTERM_EXIT = 143;
const SIGKILL_EXIT = 137;
/** What a simulated pull takes, and its image has. */
const PULLED = { ms: 0, bytes: 0 };

interface SimulatedContainersOptions {
  clock: Clock;
  timers: Timers;
  addresses: PodAddresses;
}

/** Containers that exist in time only: they do what the script of their pod says. */
export class SimulatedContainers implements ContainerRuntime<SimulatedRun> {
  readonly #options: SimulatedContainersOptions;
  readonly ids: ContainerIds = {
    containerId: (uid, { name }, restarts) => `everynode-simulated://${hexOf(`${uid} ${name} ${restarts}`)}`,
    imageId: ({ image }) => `${image}@sha256:${hexOf(image)}`,
  };

  constructor(options: SimulatedContainersOptions) {
    this.#options = options;
  }

  makeSandbox(run: SimulatedRun, done: (result: SandboxResult) => void): void {
    this.#after(startShareMs(run), () => {
      if (run.loop.isDropped) return;
      const { pod, hosted, node } = run;
      const isOfHost = pod.spec.hostNetwork === true;
      done({ ip: isOfHost ? node.hostIp : this.#options.addresses.allocate(hosted.number) });
    });
  }

  removeSandbox(_run: SimulatedRun, done: () => void): void {
    done();
  }

  hasImage(run: SimulatedRun, { kind }: ContainerRun, done: (isPresent: boolean) => void): void {
    done(!(run.script.imageError && kind === 'main'));
  }

  pullImage(run: SimulatedRun, { image, kind }: ContainerRun, done: (result: PullResult) => void): void {
    done(run.script.imageError && kind === 'main' ? { fault: `${image}: not found` } : PULLED);
  }

  start(
    run: SimulatedRun,
    container: ContainerRun,
    _instance: number,
    done: (result: StartResult) => void,
    exited: (exit: ObservedExit) => void,
  ): void {
    const begun = this.begin(run, container, exited);
    done({ fault: undefined });
    // What has nothing to do has ended in the same moment.
    if (begun.endsByItselfMs <= 0) begun.end();
  }

  /**
   * Lets time pass for a run of a container, from its start on, or from where a run that is taken over is. Returns how
   * long it still takes to its own end; where that is no time, the caller ends it.
   */
  begin(
    run: SimulatedRun,
    container: ContainerRun,
    exited: (exit: ObservedExit) => void,
    ranMs = 0,
  ): { endsByItselfMs: number; end: () => void } {
    const live: LiveContainer = {
      signalledMs: undefined,
      endsMs: Number.POSITIVE_INFINITY,
      end: (exit) => {
        if (run.live.get(container.name) !== live) return;
        run.live.delete(container.name);
        exited(exit);
      },
    };
    run.live.set(container.name, live);
    const own = exitOf(run, container, startShareMs(run));
    const endsByItselfMs = own ? own.afterMs - ranMs : Number.POSITIVE_INFINITY;
    const end = () => live.end({ code: own?.code ?? 0 });
    if (own && endsByItselfMs > 0) this.#options.timers.after(endsByItselfMs, end);
    return { endsByItselfMs, end };
  }

  stop({ script, live: containers }: SimulatedRun, { name }: ContainerRun, _signal: string, graceMs: number): void {
    const live = containers.get(name);
    if (!live) return;
    const nowMs = this.#options.clock.now();
    live.signalledMs ??= nowMs;
    const endsByItselfMs = live.signalledMs + script.stopMs;
    const isKilled = endsByItselfMs > nowMs + graceMs;
    const endsMs = isKilled ? nowMs + graceMs : endsByItselfMs;
    if (endsMs >= live.endsMs) return;
    live.endsMs = endsMs;
    const code = isKilled ? SIGKILL_EXIT : script.stopMs > 0 ? 0 : SIGTERM_EXIT;
    this.#after(endsMs - nowMs, () => live.end({ code }));
  }

  runHook(
    { script }: SimulatedRun,
    _container: ContainerRun,
    hook: 'postStart' | 'preStop',
    timeoutMs: number | undefined,
    done: (fault: string | undefined) => void,
  ): void {
    const { takesMs, fault } = script[hook];
    if (takesMs < (timeoutMs ?? Number.POSITIVE_INFINITY)) this.#after(takesMs, () => done(fault));
  }

  probe(run: SimulatedRun, container: ContainerRun, kind: ProbeKind, done: (outcome: ProbeOutcome) => void): void {
    done(probeOf(run.script, container, kind, this.#options.clock.now()));
  }

  /** A delay of zero is none: what takes no time happens in the same turn. */
  #after(ms: number, then: () => void): void {
    if (ms <= 0) then();
    else this.#options.timers.after(ms, then);
  }
}

/** The sandbox and each init container take the same share of the time to start. */
function startShareMs({ script, containers }: SimulatedRun): number {
  let inits = 0;
  for (const { kind } of containers) if (kind === 'init') inits += 1;
  return script.startMs / (inits + 1);
}
