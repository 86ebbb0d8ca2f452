import type { PodEvent } from '@everynode/contract';
import type { PodStatus } from 'kubernetes-types/core/v1.js';
import { pickDelay } from '../delay-range.js';
import { nodeAddress } from '../node-status.js';
import type { HostedNode } from '../nodes-file.js';
import { seededRandom, seedOf } from '../seeded-random.js';
import { PodAddresses } from './pod-addresses.js';
import type { AssignedPod, ReportListener, Runtime } from './runtime.js';
import { type SimulatedState, simulatedStatus } from './simulated-status.js';
import { type PodScript, type SimulationSettings, scriptFor } from './simulation-settings.js';
import { type Clock, Timers } from './timers.js';

const CRASH_BACKOFF_FIRST_MS = 10_000;
const CRASH_BACKOFF_MAX_MS = 300_000;

interface Run {
  pod: AssignedPod;
  node: HostedNode;
  script: PodScript;
  random: () => number;
  state: SimulatedState;
  status: PodStatus | undefined;
  stopping: { untilMs: number } | undefined;
}

export interface SimulatedRuntimeOptions {
  settings: SimulationSettings;
  seed: number;
  clock: Clock;
  onReport: ReportListener;
}

/**
 * Pods that exist in time alone: they start, become ready, crash and stop after delays, and report as a kubelet would.
 * Without delays a pod goes from nothing to ready in one report.
 */
export class SimulatedRuntime implements Runtime {
  readonly #options: SimulatedRuntimeOptions;
  readonly #timers: Timers;
  readonly #runs = new Map<string, Run>();
  readonly #addresses = new PodAddresses();

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
  }

  get size(): number {
    return this.#runs.size;
  }

  start(pod: AssignedPod, node: HostedNode): void {
    const { uid } = pod.metadata;
    const known = this.#runs.get(uid);
    if (known) {
      known.pod = pod;
      return;
    }
    const random = seededRandom(seedOf(uid, this.#options.seed));
    const script = scriptFor(pod, this.#options.settings, random);
    const run: Run = {
      pod,
      node,
      script,
      random,
      stopping: undefined,
      status: undefined,
      state: this.#firstState(pod, node),
    };
    this.#runs.set(uid, run);
    if (run.state.startedAt !== undefined) {
      // It ran before this process did: it goes on as it was, and says so again.
      this.#report(run);
      return;
    }
    this.#accept(run);
  }

  #firstState(pod: AssignedPod, node: HostedNode): SimulatedState {
    const hostIp = nodeAddress(node.number);
    const before = pod.status?.containerStatuses?.[0]?.state?.running?.startedAt;
    const ip = pod.status?.podIP;
    const adopted = before !== undefined && ip !== undefined;
    if (adopted) this.#addresses.keep(node.number, ip);
    return {
      ip: adopted ? ip : undefined,
      hostIp,
      acceptedAt: pod.status?.startTime ?? this.#at(),
      startedAt: adopted ? before : undefined,
      ready: adopted,
      waiting: undefined,
      restarts: pod.status?.containerStatuses?.[0]?.restartCount ?? 0,
      lastExit: undefined,
      ended: undefined,
    };
  }

  /** Times as the API writes them: whole seconds. */
  #at(): string {
    return new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  #accept(run: Run): void {
    const { script, random } = run;
    if (script.imageError) {
      this.#failToPull(run);
      return;
    }
    const startMs = pickDelay(script.start, random);
    if (startMs === 0) {
      this.#begin(run);
      return;
    }
    this.#report(run);
    this.#later(run, startMs, () => this.#begin(run));
  }

  /** The containers start. */
  #begin(run: Run): void {
    const { state, script, random, node, pod } = run;
    state.ip ??= (pod.spec as { hostNetwork?: boolean }).hostNetwork ? state.hostIp : this.#addresses.take(node.number);
    state.startedAt = this.#at();
    state.waiting = undefined;
    const readyMs = pickDelay(script.ready, random);
    state.ready = readyMs === 0 && !script.neverReady;
    this.#report(run, false, (container) => [
      ['Normal', 'Pulled', `Container image ${JSON.stringify(container.image ?? '')} already present on machine`],
      ['Normal', 'Created', `Created container: ${container.name}`],
      ['Normal', 'Started', `Started container ${container.name}`],
    ]);
    if (readyMs > 0 && !script.neverReady) {
      this.#later(run, readyMs, () => {
        if (run.state.startedAt === undefined || run.stopping) return;
        run.state.ready = true;
        this.#report(run);
      });
    }
    if (script.crashAfterMs !== undefined) this.#later(run, script.crashAfterMs, () => this.#crash(run));
    else if (script.exit) {
      const { afterMs, code } = script.exit;
      this.#later(run, afterMs, () => this.#exit(run, code));
    }
  }

  #failToPull(run: Run): void {
    const image = JSON.stringify(run.pod.spec.containers[0]?.image ?? '');
    run.state.waiting = { reason: 'ErrImagePull', message: `failed to pull image ${image}: not found` };
    this.#report(run, false, () => [
      ['Normal', 'Pulling', `Pulling image ${image}`],
      ['Warning', 'Failed', `Failed to pull image ${image}: not found`],
    ]);
    this.#later(run, 1000, () => {
      run.state.waiting = { reason: 'ImagePullBackOff', message: `Back-off pulling image ${image}` };
      this.#report(run, false, () => [['Normal', 'BackOff', `Back-off pulling image ${image}`]]);
    });
  }

  #crash(run: Run): void {
    if (run.stopping) return;
    this.#endRun(run, 1, 'Error');
  }

  #exit(run: Run, code: number): void {
    if (run.stopping) return;
    const policy = (run.pod.spec as { restartPolicy?: string }).restartPolicy ?? 'Always';
    const reason = code === 0 ? 'Completed' : 'Error';
    if (policy === 'Always' || (policy === 'OnFailure' && code !== 0)) {
      this.#endRun(run, code, reason);
      return;
    }
    run.state.ended = { code, at: this.#at(), reason };
    run.state.ready = false;
    this.#report(run);
  }

  /** A container ended and is started again: at once the first time, then after 10 s, doubling up to 300 s. */
  #endRun(run: Run, code: number, reason: string): void {
    const { state } = run;
    state.lastExit = { code, at: this.#at(), startedAt: state.startedAt ?? this.#at(), reason };
    state.startedAt = undefined;
    state.ready = false;
    const backoffMs =
      state.restarts === 0 ? 0 : Math.min(CRASH_BACKOFF_FIRST_MS * 2 ** (state.restarts - 1), CRASH_BACKOFF_MAX_MS);
    state.restarts += 1;
    const name = run.pod.spec.containers[0]?.name ?? '';
    if (backoffMs > 0) {
      state.waiting = {
        reason: 'CrashLoopBackOff',
        message: `back-off ${backoffMs / 1000}s restarting failed container=${name} pod=${run.pod.metadata.name}`,
      };
      this.#report(run, false, () => [
        ['Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${run.pod.metadata.name}`],
      ]);
    }
    this.#later(run, backoffMs, () => {
      if (!run.stopping) this.#begin(run);
    });
  }

  stop(uid: string, graceSeconds: number): void {
    const run = this.#runs.get(uid);
    if (!run) return;
    const stopMs = Math.min(pickDelay(run.script.stop, run.random), graceSeconds * 1000);
    const untilMs = this.#options.clock.now() + stopMs;
    // A second stop may only make it shorter.
    if (run.stopping && run.stopping.untilMs <= untilMs) return;
    const first = run.stopping === undefined;
    run.stopping = { untilMs };
    if (first && stopMs > 0) {
      run.state.ready = false;
      this.#report(run, false, (container) => [['Normal', 'Killing', `Stopping container ${container.name}`]]);
    }
    if (stopMs === 0) this.#finish(run);
    else {
      this.#later(run, stopMs, () => {
        if (run.stopping?.untilMs === untilMs) this.#finish(run);
      });
    }
  }

  #finish(run: Run): void {
    const wasKilled = run.stopping !== undefined;
    run.state.ready = false;
    run.state.waiting = undefined;
    run.state.ended = { code: wasKilled ? 143 : 0, at: this.#at(), reason: wasKilled ? 'Error' : 'Completed' };
    this.#report(run, true);
    this.#drop(run);
  }

  forget(uid: string): void {
    const run = this.#runs.get(uid);
    if (run) this.#drop(run);
  }

  #drop(run: Run): void {
    this.#runs.delete(run.pod.metadata.uid);
    if (run.state.ip !== undefined) this.#addresses.release(run.node.number, run.state.ip);
  }

  close(): void {
    this.#timers.close();
    this.#runs.clear();
  }

  /** Something for later, unless the pod is gone by then. */
  #later(run: Run, ms: number, then: () => void): void {
    this.#timers.after(ms, () => {
      if (this.#runs.get(run.pod.metadata.uid) === run) then();
    });
  }

  #report(
    run: Run,
    stopped = false,
    eventsFor: (container: { name: string; image?: string }) => [PodEvent['type'], string, string][] = () => [],
  ): void {
    const at = this.#at();
    run.status = simulatedStatus(run.pod, run.state, run.status, at);
    const events = this.#options.settings.events
      ? run.pod.spec.containers.flatMap((container) =>
          eventsFor(container).map(
            ([type, reason, message]): PodEvent => ({
              type,
              reason,
              message,
              fieldPath: `spec.containers{${container.name}}`,
              at,
            }),
          ),
        )
      : [];
    this.#options.onReport(run.pod, { status: run.status, stopped, events });
  }
}
