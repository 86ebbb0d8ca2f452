import {
  type ContainerRun,
  type ContainerRuntime,
  containerExited,
  containerStarted,
  type Effect,
  hookEnded,
  imageChecked,
  imagePulled,
  type Moment,
  type PodRun,
  probeTried,
  type StartResult,
  sandboxMade,
  sandboxRemoved,
  startFailed,
  syncPod,
} from '@everynode/kubelet';
import { type Clock, momentOf, type Timers } from './timers.js';

/** A pod in the hands of a {@link PodLoop}. */
export class LoopedPod {
  /** The time for which a timer is set; infinite without one. Ms, monotonic. */
  wakesMs = Number.POSITIVE_INFINITY;
  /** While it is being looked at, that moment: what is answered at once belongs to the same one. */
  settling: Moment | undefined;
  /** Nothing is done for it any more. */
  isDropped = false;
}

type Looped = PodRun & { readonly loop: LoopedPod };

interface PodLoopOptions<Run extends Looped> {
  clock: Clock;
  timers: Timers;
  runtime: ContainerRuntime<Run>;
  /** The pod was looked at: all that may be done at this moment is done. */
  onSettled: (run: Run) => void;
}

/**
 * Carries out what the rules of a kubelet ask for: it looks at a pod, has the runtime do what follows, and looks again
 * after each answer and when it is time. What a runtime answers at once takes place in one turn, with one report.
 */
export class PodLoop<Run extends Looped> {
  readonly #options: PodLoopOptions<Run>;

  constructor(options: PodLoopOptions<Run>) {
    this.#options = options;
  }

  now(): Moment {
    return momentOf(this.#options.clock);
  }

  settle(run: Run): void {
    const { loop } = run;
    if (loop.settling || loop.isDropped) return;
    const now = this.now();
    loop.settling = now;
    let result = syncPod(run, now);
    while (result.effects.length > 0) {
      for (const effect of result.effects) this.#perform(run, effect);
      result = syncPod(run, now);
    }
    loop.settling = undefined;
    this.#options.onSettled(run);
    this.#wakeAt(run, result.nextMs, now.ms);
  }

  #wakeAt(run: Run, ms: number, nowMs: number): void {
    const { loop } = run;
    if (ms >= loop.wakesMs || loop.isDropped) return;
    loop.wakesMs = ms;
    this.#options.timers.after(ms - nowMs, () => {
      // An earlier timer was set meanwhile.
      if (loop.wakesMs !== ms) return;
      loop.wakesMs = Number.POSITIVE_INFINITY;
      this.settle(run);
    });
  }

  /** Applies an answer, unless the pod was dropped, and looks at the pod again. */
  #answer(run: Run, apply: (now: Moment) => void): void {
    if (run.loop.isDropped) return;
    apply(run.loop.settling ?? this.now());
    this.settle(run);
  }

  #perform(run: Run, effect: Effect): void {
    const { runtime } = this.#options;
    switch (effect.kind) {
      case 'make-sandbox':
        runtime.makeSandbox(run, (result) => this.#answer(run, (now) => sandboxMade(run, result, now)));
        break;
      case 'remove-sandbox':
        runtime.removeSandbox(run, () => this.#answer(run, () => sandboxRemoved(run)));
        break;
      case 'check-image':
        runtime.hasImage(run, effect.container, this.#ifCurrent(run, effect.container, 'checking', imageChecked));
        break;
      case 'pull-image':
        runtime.pullImage(run, effect.container, this.#ifCurrent(run, effect.container, 'pulling', imagePulled));
        break;
      case 'start':
        this.#start(run, effect.container, effect.instance);
        break;
      case 'run-hook':
        this.#runHook(run, effect);
        break;
      case 'probe':
        this.#probe(run, effect);
        break;
      case 'stop':
        runtime.stop(run, effect.container, effect.signal, effect.graceMs);
        break;
    }
  }

  #start(run: Run, container: ContainerRun, instance: number): void {
    const { attempt } = container;
    const done = this.#ifCurrent(run, container, 'creating', (_run, _container, result: StartResult, now) => {
      if (result.fault === undefined) containerStarted(run, container, now);
      else startFailed(run, container, { ...result, message: result.fault }, now);
    });
    this.#options.runtime.start(run, container, instance, done, (exit) => {
      if (container.attempt === attempt) this.#answer(run, (now) => containerExited(run, container, exit, now));
    });
  }

  #runHook(run: Run, { container, hook, timeoutMs }: Extract<Effect, { kind: 'run-hook' }>): void {
    const stage = hook === 'preStop' ? 'stopping' : 'post-start';
    const done = this.#ifCurrent(run, container, stage, (_run, _container, fault: string | undefined, now) =>
      hookEnded(run, container, hook, fault, now),
    );
    this.#options.runtime.runHook(run, container, hook, timeoutMs, done);
  }

  #probe(run: Run, { container, worker }: Extract<Effect, { kind: 'probe' }>): void {
    const { attempt } = container;
    this.#options.runtime.probe(run, container, worker.kind, (outcome) => {
      if (container.attempt !== attempt) return;
      this.#answer(run, (now) => probeTried(run, container, worker, outcome, now));
    });
  }

  /** An answer counts while the container is still where it was when the runtime was asked. */
  #ifCurrent<Answer>(
    run: Run,
    container: ContainerRun,
    stage: ContainerRun['stage'],
    apply: (run: Run, container: ContainerRun, answer: Answer, now: Moment) => void,
  ): (answer: Answer) => void {
    const { attempt } = container;
    return (answer) => {
      if (container.attempt !== attempt || container.stage !== stage) return;
      this.#answer(run, (now) => apply(run, container, answer, now));
    };
  }
}
