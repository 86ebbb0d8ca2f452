import { DaemonSetState, type PodActions } from '@everynode/daemonset';
import { ApiError, type StoredKinds } from '@everynode/objects';
import { StoreOverloadedError, StoreUnavailableError } from '@everynode/store';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';
import { act } from './act.js';
import { DaemonSetEvents } from './daemonset-events.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';
import { thisMoment } from './this-moment.js';

const forbidden = new ApiError('Forbidden', 'no such class');
const unavailable = new StoreUnavailableError(false, new Error('gone'));

let running: RunningControllers;
let pod: StoredKinds['pods'];

beforeAll(async () => {
  running = await runControllers([]);
  await running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' }, spec: {}, status: {} });
  await running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'd', namespace: 'default', generation: 1 },
    spec: {
      selector: { matchLabels: { app: 'd' } },
      template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
    },
  });
  await running.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'old', namespace: 'default', labels: { app: 'd' } },
    spec: { nodeName: 'a', containers: [] },
  });
  pod = await eventually(() => {
    const cached = running.context.reflector.cache('pods').get('default', 'old');
    if (!cached) throw new Error('the caches do not show the pod yet');
    return cached.object;
  });
});

beforeEach(() => {
  running.events.length = 0;
});

afterAll(() => running.stop());

/** Acts with a store that answers the creation and the deletion of pods with these errors. */
async function actWith(errors: { onCreate?: Error; onDelete?: Error }): Promise<unknown> {
  const { context } = running;
  const { reflector, store, recorder } = context;
  const cached = reflector.cache('daemonsets.apps').get('default', 'd');
  if (!cached) throw new Error('the caches do not show the DaemonSet');
  const failing: StepContext['store'] = {
    get: (...key) => store.get(...key),
    currentRevision: () => store.currentRevision(),
    write: async ({ key }) => {
      const error = key.name === 'old' ? errors.onDelete : errors.onCreate;
      if (error) throw error;
      return { outcome: 'kept', uid: undefined, revision: 0 };
    },
  };
  const step: StepContext = {
    ...context,
    store: failing,
    events: new DaemonSetEvents(recorder),
    outages: { lastAt: 0 },
    isHeardSince: undefined,
  };
  const caches = { pods: reflector.cache('pods'), nodes: reflector.cache('nodes') };
  const moment = thisMoment();
  const state = new DaemonSetState('default/d', cached, caches, moment);
  const fence = { shard: 0, epoch: 0 };
  const pass: ReconcilePass = { cached, daemonSet: cached.object, state, fence, now: moment.wall, moment };
  const actions: PodActions = { createOn: ['a'], deletes: [{ node: 'a', pod, reason: 'update' }] };
  const reserved: string[] = [];
  const failure = (await act(step, pass, actions, reserved)).failure;
  for (const uid of reserved) context.capacity.release(uid);
  return failure;
}

const warnings = () => running.events.filter(({ type }) => type === 'Warning').map(({ reason }) => reason);

describe('a write that fails', () => {
  it('is recorded as FailedCreate when the creation was refused, and as FailedDelete when the deletion was', async () => {
    expect(await actWith({ onCreate: forbidden })).toBe(forbidden);
    expect(running.events).toContainEqual(
      expect.objectContaining({ reason: 'FailedCreate', message: 'Error creating: no such class' }),
    );
    expect(await actWith({ onDelete: forbidden })).toBe(forbidden);
    expect(running.events).toContainEqual(
      expect.objectContaining({ reason: 'FailedDelete', message: 'Error deleting: no such class' }),
    );
    expect(warnings()).toEqual(['FailedCreate', 'FailedDelete']);
  });

  it.each([unavailable, new StoreOverloadedError()])(
    'is recorded nowhere when it is an outage: $name',
    async (outage) => {
      expect(await actWith({ onCreate: outage, onDelete: outage })).toBe(outage);
      expect(warnings()).toEqual([]);
    },
  );

  it('does not keep the others from being tried, and does not hold capacity', async () => {
    expect(await actWith({ onCreate: unavailable, onDelete: forbidden })).toBe(unavailable);
    expect(warnings()).toEqual(['FailedDelete']);
    expect(running.context.capacity.claimedOn('a', 0)).toEqual([]);
  });

  it('is tried again as soon as an outage is when another write is refused', async () => {
    expect(await actWith({ onCreate: forbidden, onDelete: unavailable })).toBe(unavailable);
    expect(warnings()).toEqual(['FailedCreate']);
  });
});
