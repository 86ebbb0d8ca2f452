import type { Node, Pod } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

const AGENT = { key: 'example.com/agent', effect: 'NoSchedule' };
const GPU = { key: 'gpu', effect: 'NoSchedule' };

let running: RunningControllers;

beforeAll(async () => {
  running = await runControllers(['daemonset', 'startup-taint']);
});

afterAll(() => running.stop());

const createNode = (name: string, more: { annotations?: Record<string, string>; taints?: object[] } = {}) =>
  running.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name }, annotations: more.annotations ?? {} },
    spec: { taints: more.taints ?? [] },
    status: {},
  });

const createDaemonSet = (
  name: string,
  node: string,
  annotations: Record<string, string> = {},
  tolerations?: object[],
) =>
  running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'default', generation: 1, annotations },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [{ name: 'c', image: 'one' }],
          nodeSelector: { 'kubernetes.io/hostname': node },
          ...(tolerations && { tolerations }),
        },
      },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
    },
  });

const podOn = (node: string): Promise<Pod> =>
  eventually(() => {
    const live = [...running.context.reflector.cache('pods').find('byNode', node)].map(({ object }) => object);
    const [pod] = live.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
    expect(pod).toBeDefined();
    return pod as Pod;
  });

const becomeReady = (pod: Pod) =>
  running.change('pods', 'default', pod.metadata?.name ?? '', (object) => {
    object.status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  });

const taintsOf = async (name: string) => ((await running.get('nodes', '', name)) as Node | undefined)?.spec?.taints;

const setShutdown = (node: string, status: 'True' | 'False') =>
  running.change('nodes', '', node, (object) => {
    object.status = { conditions: [{ type: 'GracefulNodeShutdownInProgress', status }] };
  });

describe('a node that shuts down', () => {
  it('gets no pod in place of one that its agent ends, until the condition is gone', async () => {
    await createNode('ending');
    await createDaemonSet('logs', 'ending');
    const first = await podOn('ending');
    await becomeReady(first);
    await setShutdown('ending', 'True');
    await running.settled();
    await running.remove('pods', 'default', first.metadata?.name ?? '');
    await eventually(async () => {
      const status = (await running.get('daemonsets.apps', 'default', 'logs'))?.status;
      expect([status?.desiredNumberScheduled, status?.currentNumberScheduled]).toEqual([1, 0]);
    });
    await running.settled();
    expect([...running.context.reflector.cache('pods').find('byNode', 'ending')]).toEqual([]);
    await setShutdown('ending', 'False');
    expect((await podOn('ending')).metadata?.uid).not.toBe(first.metadata?.uid);
  });
});

describe('a startup taint', () => {
  const annotations = { 'everynode.io/startup-taint': AGENT.key };
  const required = { 'everynode.io/required-at-startup': 'true' };

  it('goes when the DaemonSets that are required are ready, and does not come back', async () => {
    await createNode('starting', { annotations, taints: [AGENT, GPU] });
    await eventually(() =>
      expect(running.events.map(({ reason, message }) => `${reason}: ${message}`)).toContain(
        'StartupTaintKept: The node keeps its startup taint: no DaemonSet has the annotation everynode.io/required-at-startup: "true"',
      ),
    );
    await createDaemonSet('network', 'starting', required, [{ operator: 'Exists' }]);
    const pod = await podOn('starting');
    await running.settled();
    expect(await taintsOf('starting')).toEqual([AGENT, GPU]);
    await becomeReady(pod);
    await eventually(async () => expect(await taintsOf('starting')).toEqual([GPU]));
    await eventually(() =>
      expect(running.events.find(({ reason }) => reason === 'StartupTaintRemoved')?.message).toContain(
        'so the node has lost example.com/agent:NoSchedule',
      ),
    );
    await running.remove('pods', 'default', pod.metadata?.name ?? '');
    await podOn('starting');
    await running.settled();
    expect(await taintsOf('starting')).toEqual([GPU]);
  });
});
