import type { ContainerRun, ProbeKind, ProbeOutcome } from '@everynode/kubelet';
import type { Probe } from '@everynode/objects';
import { jobEnd } from './job-end.js';
import type { PodScript } from './pod-script.js';
import type { SimulatedRun } from './simulated-run.js';

/** When and how the run of a container ends by itself; undefined: never. `initMs` is what an init container takes. */
export function exitOf(
  { script, containers }: SimulatedRun,
  { name, kind, spec }: ContainerRun,
  initMs: number,
): { afterMs: number; code: number } | undefined {
  if (kind === 'init') return { afterMs: initMs, code: script.initFailures.get(name) ?? 0 };
  if (!script.end) return script.isOfJob && kind === 'main' ? jobEnd(spec) : undefined;
  const ending = script.end.container ?? containers.find((each) => each.kind === 'main')?.name;
  return name === ending ? script.end : undefined;
}

const ANSWERS: ProbeOutcome = { verdict: 'success', output: '' };

/**
 * What a probe finds of a container that started as `container` says: the application answers when the time to be ready
 * is over, and its liveness probe passes until the script lets it fail.
 */
export function probeOf(
  { readyMs, neverReady, livenessFailsMs }: PodScript,
  container: ContainerRun,
  kind: ProbeKind,
  nowMs: number,
): ProbeOutcome {
  const ranMs = nowMs - container.startedMs;
  if (kind === 'liveness') {
    if (livenessFailsMs === undefined) return { ...ANSWERS, passesUntilMs: Number.POSITIVE_INFINITY };
    if (ranMs < livenessFailsMs) return { ...ANSWERS, passesUntilMs: container.startedMs + livenessFailsMs };
    return failed(container, kind);
  }
  if (ranMs < readyMs || (kind === 'readiness' && neverReady)) return failed(container, kind);
  return { ...ANSWERS, passesUntilMs: Number.POSITIVE_INFINITY };
}

/** In the words of a kubelet for the kind of the probe. Source: pkg/probe. */
function failed({ spec }: ContainerRun, kind: ProbeKind): ProbeOutcome {
  const probes: Partial<Record<`${ProbeKind}Probe`, Probe>> = spec;
  const probe = probes[`${kind}Probe`];
  const output = probe?.exec
    ? 'command terminated with exit code 1'
    : probe?.tcpSocket
      ? 'dial tcp: connect: connection refused'
      : probe?.grpc
        ? 'service unhealthy (responded with "NOT_SERVING")'
        : 'HTTP probe failed with statuscode: 503';
  return { verdict: 'failure', output };
}
