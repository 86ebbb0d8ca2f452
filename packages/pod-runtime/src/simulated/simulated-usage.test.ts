import { parseNodeUsage } from '@everynode/contract';
import type { AssignedPod } from '@everynode/kubelet';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../fixtures/fake-clock.js';
import type { HostedNode } from '../node/hosted-node.js';
import { NO_DELAY } from './delay-range.js';
import { SimulatedRuntime } from './simulated-runtime.js';

const NODE: HostedNode = { name: 'node-1', number: 1, labels: {}, annotations: {}, taints: [], capacity: {} };
const container = (name: string, requests: object = {}) => ({ name, image: 'image:1', resources: { requests } });

function podOf(containers: object[], annotations: Record<string, string> = {}): AssignedPod {
  const named = Object.entries(annotations).map(([of, value]) => [`kwok.x-k8s.io/usage-${of}`, value]);
  const metadata = { name: 'p', namespace: 'default', uid: 'u', annotations: Object.fromEntries(named) };
  return { metadata, spec: { nodeName: NODE.name, containers } } as AssignedPod;
}

async function usageOf(...pods: AssignedPod[]) {
  const clock = new FakeClock();
  const delays = { start: NO_DELAY, ready: NO_DELAY, stop: NO_DELAY };
  const settings = { ...delays, failureRate: 0, failure: 'crash', events: false } as const;
  const runtime = new SimulatedRuntime({ settings, seed: 1, clock, onReport: () => undefined });
  for (const pod of pods) runtime.start(pod, NODE);
  return [...(await runtime.streams.usage(['node-1', 'node-2']))].map((one) => parseNodeUsage(JSON.stringify(one)));
}

describe('what a simulated pod uses', () => {
  it.each<[string, object, Record<string, string>, object]>([
    ['what its annotations say', { cpu: '2' }, { cpu: '250m', memory: '1Gi' }, [250e6, 2 ** 30]],
    ['what it requests', { cpu: '100m', memory: '200Mi' }, {}, [100e6, 200 * 2 ** 20]],
    ['a little without either', {}, {}, [1e6, 2 ** 20]],
    ['what it requests where an annotation is no amount', { cpu: '2' }, { cpu: 'much', memory: '-1' }, [2e9, 2 ** 20]],
    ['no more than there can be', {}, { cpu: '10E', memory: '10E' }, [1e12, 1e12]],
  ])('is %s', async (_what, requests, annotations, amounts) => {
    const [{ pods: [pod] = [] } = {}] = await usageOf(podOf([container('c', requests)], annotations));
    expect(pod?.containers.map(({ cpuNanocores, workingSetBytes }) => [cpuNanocores, workingSetBytes])).toEqual([
      amounts,
    ]);
  });

  it('is that of each of its containers, and of its node their sum', async () => {
    const pod = podOf([container('a', { memory: '1Gi' }), container('b')], { cpu: '1' });
    const [used, idle] = await usageOf(pod);
    expect(used).toMatchObject({
      node: 'node-1',
      windowMs: 15_000,
      cpuNanocores: 2e9,
      workingSetBytes: 2 ** 30 + 2 ** 20,
      pods: [{ uid: 'u', containers: [{ name: 'a' }, { name: 'b' }] }],
    });
    expect(idle).toMatchObject({ node: 'node-2', cpuNanocores: 0, workingSetBytes: 0, pods: [] });
  });
});
