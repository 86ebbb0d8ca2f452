import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatefulSetCluster, statefulSetOf } from '../../fixtures/stateful-set-cluster.js';
import { isPodDeleting } from '../pods/pod-state.js';
import { isRunningAndAvailable } from './stateful-set-status.js';

const name = fc.nat(5).map((ordinal) => `web-${ordinal}`);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ kind: 'pass' as const }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('ready' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unready' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), name }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'end' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scale' as const), replicas: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('revise' as const), name: fc.constantFrom('web-a', 'web-b') }),
  },
);

function act(on: StatefulSetCluster, one: { kind: string; name?: string; replicas?: number }): void {
  const { kind, name: of = '', replicas = 0 } = one;
  if (kind === 'pass') on.pass();
  else if (kind === 'ready') on.setReady(of, true);
  else if (kind === 'unready') on.setReady(of, false);
  else if (kind === 'fail') on.fail(of);
  else if (kind === 'end') on.endPods();
  else if (kind === 'scale') on.edit({ replicas });
  else on.revise(of);
}

const available = (on: StatefulSetCluster) =>
  on.pods.filter((pod) => !isPodDeleting(pod) && isRunningAndAvailable(on.set, pod, on.now));

describe('a StatefulSet', () => {
  it('never has two pods of one ordinal, and ends with what it asks for, whatever happened', () => {
    const property = fc.property(
      fc.constantFrom('OrderedReady', 'Parallel'),
      fc.constantFrom<(number | string)[]>(1, 2, '50%'),
      fc.array(step, { maxLength: 80 }),
      (podManagementPolicy, maxUnavailable, steps) => {
        const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable } };
        const on = new StatefulSetCluster(statefulSetOf({ podManagementPolicy, updateStrategy }));
        for (const one of steps) {
          act(on, one);
          expect(new Set(on.names).size).toBe(on.names.length);
        }
        on.settle();
        const { replicas = 0 } = on.set.spec ?? {};
        expect([...on.names].sort()).toEqual(Array.from({ length: replicas }, (_, i) => `web-${i}`));
        expect(on.set.status).toMatchObject({ replicas, availableReplicas: replicas, currentRevision: on.update.name });
      },
    );
    fc.assert(property, propertyRuns(100));
  });

  it('makes an ordered pod only when all before it are available, and ends one at a time', () => {
    const property = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const on = new StatefulSetCluster(statefulSetOf());
      for (const one of steps) {
        if (one.kind === 'pass') {
          const { creates, deletes } = on.plan();
          expect(creates.length + deletes.length).toBeLessThanOrEqual(1);
          const [next] = creates;
          const before = Number(next?.name.split('-')[1] ?? 0);
          const ready = available(on).map(({ metadata }) => metadata.name);
          for (let i = 0; i < before; i += 1) expect(ready).toContain(`web-${i}`);
        }
        act(on, one);
      }
    });
    fc.assert(property, propertyRuns(100));
  });
});
