import type { DaemonSet, Node, Taint } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { compileDaemonSet } from './eligibility.js';
import { startupHold, startupTaintsOf } from './startup-taint.js';

const AGENT: Taint = { key: 'example.com/agent', value: 'off', effect: 'NoSchedule' };
const OTHER: Taint = { key: 'gpu', effect: 'NoSchedule' };

const node = (annotation: string | undefined, taints: Taint[] = [AGENT, OTHER]): Node => ({
  metadata: {
    name: 'n',
    labels: { disk: 'ssd' },
    ...(annotation && { annotations: { 'everynode.io/startup-taint': annotation } }),
  },
  spec: { taints },
});

const required = (name: string, spec: object, readyOn: string[] = []) => {
  const daemonSet = { metadata: { name }, spec: { template: { spec: { containers: [], ...spec } } } };
  return {
    name,
    compiled: compileDaemonSet(daemonSet as unknown as DaemonSet),
    isReadyOn: (each: string) => readyOn.includes(each),
  };
};
const everything = { tolerations: [{ operator: 'Exists' }] };

describe('startup taints', () => {
  it.each<[string | undefined, string[]]>([
    [undefined, []],
    ['example.com/agent', [AGENT.key]],
    ['example.com/agent=off:NoSchedule', [AGENT.key]],
    ['example.com/agent=on', []],
    ['example.com/agent:NoExecute', []],
    ['gpu, example.com/agent', [AGENT.key, OTHER.key]],
    ['=,:', []],
  ])('%s names %j', (annotation, keys) => {
    expect(startupTaintsOf(node(annotation)).map(({ key }) => key)).toEqual(keys);
  });

  it('stay until every DaemonSet that is required there is ready', () => {
    const startup = node('example.com/agent');
    const ready = required('ready', everything, ['n']);
    const elsewhere = required('elsewhere', { ...everything, nodeSelector: { disk: 'hdd' } });
    const repelled = required('repelled', {});
    expect(startupHold(startup, [])).toEqual({
      because: 'no DaemonSet has the annotation everynode.io/required-at-startup: "true"',
      isMistake: true,
    });
    expect(startupHold(startup, [ready, elsewhere])).toBeUndefined();
    expect(startupHold(startup, [ready, required('late', everything)])).toEqual({
      because: 'DaemonSet late has no ready pod on it',
      isMistake: false,
    });
    // The other taint keeps it away for good.
    expect(startupHold(startup, [ready, repelled])).toBeUndefined();
    expect(startupHold(node('example.com/agent', [AGENT]), [repelled])).toEqual({
      because: 'DaemonSet repelled is required and does not tolerate example.com/agent:NoSchedule',
      isMistake: true,
    });
  });
});
