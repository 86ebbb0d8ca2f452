import type { ContainerUsage, NodeUsage, PodUsage } from '@everynode/contract';
import { parseQuantity, QuantityError } from '@everynode/objects';
import type { SimulatedRun } from './simulated-run.js';

/** As that of metrics-server by its manifest. */
const WINDOW_MS = 15_000;

/**
 * What each container of a pod uses, in the annotations of KWOK: what was set up for it simulates the same here.
 * Without them it is what the container requests, and else KWOK's default. Source: kwok
 * kustomize/metrics/usage/usage-from-annotation.yaml.
 */
const ANNOTATIONS = { cpu: 'kwok.x-k8s.io/usage-cpu', memory: 'kwok.x-k8s.io/usage-memory' } as const;
const DEFAULTS = { cpu: '1m', memory: '1Mi' } as const;

/** In billionths of a core, or bytes: so much of a container, and the sum of many still is an exact number. */
const MOST = 1e12;

/** What a node and its simulated pods use, made up at the moment at which it is asked for. */
export function simulatedUsage(node: string, runs: Iterable<SimulatedRun>, atMs: number): NodeUsage {
  const pods = [...runs].flatMap((run) => podUsage(run, atMs) ?? []);
  const sum = (name: 'cpuNanocores' | 'workingSetBytes'): number =>
    pods.flatMap(({ containers }) => containers).reduce((total, one) => total + one[name], 0);
  const total = { cpuNanocores: sum('cpuNanocores'), workingSetBytes: sum('workingSetBytes') };
  return { node, atMs, windowMs: WINDOW_MS, ...total, pods };
}

function podUsage(run: SimulatedRun, atMs: number): PodUsage | undefined {
  const containers = [...run.live.keys()].map((name) => containerUsage(run, name));
  if (containers.length === 0) return undefined;
  return { uid: run.pod.metadata.uid, atMs, windowMs: WINDOW_MS, containers };
}

function containerUsage({ pod, containers }: SimulatedRun, name: string): ContainerUsage {
  const requests = containers.find((one) => one.name === name)?.resources?.requests;
  const nanos = (of: 'cpu' | 'memory'): bigint => {
    const texts = [pod.metadata.annotations?.[ANNOTATIONS[of]], requests?.[of], DEFAULTS[of]];
    return texts.map(nanosIn).find((one) => one !== undefined) ?? 0n;
  };
  const atMost = (value: bigint): number => Math.min(Number(value), MOST);
  return { name, cpuNanocores: atMost(nanos('cpu')), workingSetBytes: atMost(nanos('memory') / 10n ** 9n) };
}

/** Undefined for a text that is no amount, or less than nothing. */
function nanosIn(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  try {
    const { nanos } = parseQuantity(text);
    return nanos < 0n ? undefined : nanos;
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}
