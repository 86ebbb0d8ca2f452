import type { PodSpec } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { type RuntimeClassFacts, refuseOverhead, withRuntimeClass } from './runtime-class.js';

const CLASSES: Record<string, RuntimeClassFacts> = {
  plain: {},
  sandbox: {
    overhead: { podFixed: { cpu: '250m', memory: '120Mi' } },
    scheduling: {
      nodeSelector: { sandbox: 'yes' },
      tolerations: [{ key: 'sandbox', operator: 'Exists', effect: 'NoSchedule' }],
    },
  },
};
const EQUAL = { key: 'a', operator: 'Equal', value: 'x', effect: 'NoSchedule' };
const NO_EXECUTE = { key: 'a', operator: 'Exists', effect: 'NoExecute' };

const find = (name: string): RuntimeClassFacts | undefined => CLASSES[name];
const spec = (runtimeClassName?: string, more: object = {}): PodSpec =>
  ({ containers: [], ...(runtimeClassName !== undefined && { runtimeClassName }), ...more }) as PodSpec;
const refusalOf = (action: () => unknown): string => {
  try {
    action();
    return 'allowed';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a runtime class', () => {
  it('adds its overhead, its labels of nodes and its tolerations', () => {
    const own = [
      { key: 'sandbox', operator: 'Equal', value: 'x', effect: 'NoSchedule' },
      { key: 'other', operator: 'Exists' },
    ];
    const pod = spec('sandbox', { nodeSelector: { zone: 'a' }, tolerations: own });
    expect(withRuntimeClass('p', pod, find)).toEqual({
      ...pod,
      overhead: { cpu: '250m', memory: '120Mi' },
      nodeSelector: { zone: 'a', sandbox: 'yes' },
      // What the class tolerates covers what the pod does for the same taint.
      tolerations: [own[1], { key: 'sandbox', operator: 'Exists', effect: 'NoSchedule' }],
    });
  });

  it.each<[what: string, own: object[], added: object[], merged: object[]]>([
    ['the wider one of two', [{ operator: 'Exists' }], [{ key: 'a', operator: 'Exists' }], [{ operator: 'Exists' }]],
    ['both of two values', [EQUAL], [{ ...EQUAL, value: 'y' }], [EQUAL, { ...EQUAL, value: 'y' }]],
    ['one of two that are the same', [EQUAL], [EQUAL], [EQUAL]],
    [
      'the longer one of two times',
      [{ ...NO_EXECUTE, tolerationSeconds: 5 }],
      [{ ...NO_EXECUTE, tolerationSeconds: 60 }],
      [{ ...NO_EXECUTE, tolerationSeconds: 60 }],
    ],
    ['what has no end', [NO_EXECUTE], [{ ...NO_EXECUTE, tolerationSeconds: 60 }], [NO_EXECUTE]],
    [
      'both of two effects',
      [NO_EXECUTE],
      [{ ...NO_EXECUTE, effect: 'NoSchedule' }],
      [NO_EXECUTE, { ...NO_EXECUTE, effect: 'NoSchedule' }],
    ],
  ])('leaves of tolerations %s', (_what, own, added, merged) => {
    const facts: RuntimeClassFacts = { scheduling: { tolerations: added as never } };
    const pod = spec('x', { tolerations: own });
    expect(withRuntimeClass('p', pod, () => facts).tolerations).toEqual(merged);
  });

  it('adds nothing that it does not have, and is not asked for by a pod without one', () => {
    expect(withRuntimeClass('p', spec('plain'), find)).toEqual(spec('plain'));
    expect(withRuntimeClass('p', spec(), find)).toEqual(spec());
  });

  it.each<[name: string, pod: PodSpec, message: string]>([
    ['is not there', spec('none'), 'pods "p" is forbidden: pod rejected: RuntimeClass "none" not found'],
    [
      'has another overhead',
      spec('sandbox', { overhead: { cpu: '1' } }),
      "pods \"p\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      'wants other nodes',
      spec('sandbox', { nodeSelector: { sandbox: 'no' } }),
      'pods "p" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[sandbox] = yes; pod.spec.nodeSelector[sandbox] = no',
    ],
  ])('refuses a pod that names one which %s', (_name, pod, message) => {
    expect(refusalOf(() => withRuntimeClass('p', pod, find))).toBe(message);
  });

  it('has to stand behind an overhead', () => {
    const why = 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead';
    for (const pod of [spec(undefined, { overhead: { cpu: '1' } }), spec('plain', { overhead: { cpu: '1' } })]) {
      expect(refusalOf(() => refuseOverhead('p', pod, find))).toBe(`pods "p" is forbidden: ${why}`);
    }
    expect(refusalOf(() => refuseOverhead('p', withRuntimeClass('p', spec('sandbox'), find), find))).toBe('allowed');
  });
});
