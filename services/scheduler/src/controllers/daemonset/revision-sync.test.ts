import { DaemonSetState } from '@everynode/daemonset';
import { StoreUnavailableError } from '@everynode/store';
import { eventually } from '@everynode/test-kit';
import { REVISION_LABEL, revisionData } from '@everynode/workloads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';
import { DaemonSetEvents } from './daemonset-events.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';
import { syncRevision } from './revision-sync.js';
import { thisMoment } from './this-moment.js';

let running: RunningControllers;

beforeAll(async () => {
  running = await runControllers([]);
});

afterAll(() => running.stop());

const daemonSet = {
  apiVersion: 'apps/v1' as const,
  kind: 'DaemonSet' as const,
  metadata: { name: 'd', namespace: 'default', generation: 1, uid: 'uid-of-d' },
  spec: {
    selector: { matchLabels: { app: 'd' } },
    template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
  },
};

describe('syncRevision', () => {
  it('is due again when a duplicate could not be deleted', async () => {
    const { context } = running;
    const { reflector, recorder } = context;
    await running.create('daemonsets.apps', daemonSet);
    for (const [index, hash] of ['first', 'second'].entries()) {
      await running.create('controllerrevisions.apps', {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: {
          name: `d-${hash}`,
          namespace: 'default',
          labels: { app: 'd', [REVISION_LABEL]: hash },
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'uid-of-d', controller: true }],
        },
        data: revisionData(daemonSet),
        revision: index + 1,
      });
    }
    const cached = await eventually(() => {
      const found = reflector.cache('daemonsets.apps').get('default', 'd');
      if (!found) throw new Error('the caches do not show the DaemonSet yet');
      expect([...reflector.cache('controllerrevisions.apps').list('default')]).toHaveLength(2);
      return found;
    });
    const caches = { pods: reflector.cache('pods'), nodes: reflector.cache('nodes') };
    const moment = thisMoment();
    const state = new DaemonSetState('default/d', cached, caches, moment);
    const pass: ReconcilePass = {
      cached,
      daemonSet: cached.object,
      state,
      fence: { shard: 0, epoch: 0 },
      now: moment.wall,
      moment,
    };
    const outage = new StoreUnavailableError(false, new Error('gone'));
    const unreachable: StepContext['store'] = {
      get: () => Promise.reject(outage),
      currentRevision: () => Promise.reject(outage),
      write: () => Promise.reject(outage),
    };
    const step: StepContext = {
      ...context,
      store: unreachable,
      events: new DaemonSetEvents(recorder),
      outages: { lastAt: 0 },
      isHeardSince: undefined,
    };
    await expect(syncRevision(step, pass)).rejects.toBe(outage);
    expect(state.currentHash).toBe('second');
    expect(state.revisionsDue).toBe(true);
  });
});
