import { RequestFailedError } from '@everynode/bus';
import { ContractError } from '@everynode/contract';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { identity, NODE, pod, podSyncSetup as setup } from '../../fixtures/pod-sync-setup.js';

describe('synchronising with the assigned pods', () => {
  it('starts what is assigned, stops what is going, forgets what is gone', async () => {
    const { assigned, runtime, sync, state } = setup();
    assigned.set('a', {}).set('b', { graceSeconds: 7 });
    await sync.resync();
    expect([...runtime.running]).toEqual(['a', 'b']);
    expect(runtime.stopping.get('b')).toBe(7);
    assigned.delete('a');
    state.revision = 20;
    await sync.resync();
    expect([...runtime.running]).toEqual(['b']);
  });

  it('goes on with pods of an earlier process, fetches their newest form, and forgets what is not assigned', async () => {
    const { assigned, effects, sync } = setup();
    sync.found(pod('a'));
    sync.found(pod('b'));
    assigned.set('a', {});
    await sync.resync();
    expect(effects).toEqual(['start', 'start', 'list', 'forget', 'forgotten', 'fetch', 'start']);
    await sync.resync();
    expect(effects.slice(7)).toEqual(['list']);
    expect([sync.modeOf('a'), sync.modeOf('b')]).toEqual(['running', 'unknown']);
  });

  it('keeps a pod that a command assigned while the list was on its way', async () => {
    const { runtime, sync, state, command } = setup();
    state.whileListing = () => command('pod-assigned', { revision: 11, pods: [pod('new')] });
    await sync.resync();
    expect([...runtime.running]).toEqual(['new']);
  });

  it('does not start a pod again that was gone before the last list', async () => {
    const { runtime, sync, command } = setup();
    await sync.resync();
    command('pod-assigned', { revision: 9, pods: [pod('old')] });
    expect([...runtime.running]).toEqual([]);
    command('pod-assigned', { revision: 11, pods: [pod('new')] });
    expect([...runtime.running]).toEqual(['new']);
  });

  it('comes to the same whatever order commands and lists come in', async () => {
    // Each pod is assigned at its revision and may be gone at a later one; the list is read at some revision in
    // between.
    const history = fc.array(fc.record({ assignedAt: fc.nat(20), lives: fc.option(fc.integer({ min: 1, max: 10 })) }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(history, fc.nat(20), fc.scheduler(), async (pods, listedAt, scheduler) => {
        const { assigned, runtime, sync, state, command } = setup();
        const goneAt = ({ assignedAt, lives }: { assignedAt: number; lives: number | null }) =>
          lives === null ? Number.POSITIVE_INFINITY : assignedAt + lives;
        pods.forEach((one, i) => {
          if (one.assignedAt <= listedAt && goneAt(one) > listedAt) assigned.set(`${i}`, {});
        });
        state.revision = listedAt;
        const commands = pods.flatMap((one, i) => [
          { at: one.assignedAt, run: () => command('pod-assigned', { revision: one.assignedAt, pods: [pod(`${i}`)] }) },
          {
            at: goneAt(one),
            run: () => command('pod-terminating', { revision: goneAt(one), pods: [identity(`${i}`, { gone: true })] }),
          },
        ]);
        const sequence = commands
          .filter(({ at }) => Number.isFinite(at))
          .sort((a, b) => a.at - b.at)
          .map(({ at, run }) => ({ label: `command ${at}`, builder: async () => run() }));
        const list = scheduler.schedule(Promise.resolve(), 'list').then(() => sync.resync());
        scheduler.scheduleSequence(sequence);
        await scheduler.waitIdle();
        await list;
        const alive = pods.flatMap((one, i) => (goneAt(one) === Number.POSITIVE_INFINITY ? [`${i}`] : []));
        expect([...runtime.running].sort()).toEqual(alive.sort());
      }),
    );
  });

  it('accepts the same command twice, and one for a pod that is gone at once', async () => {
    const { runtime, sync, command } = setup();
    await sync.resync();
    for (let i = 0; i < 2; i += 1) command('pod-assigned', { revision: 11, pods: [pod('a')] });
    expect(sync.running).toBe(1);
    const gone = { namespace: 'default', name: 'pod-a', uid: 'a', node: NODE.name, graceSeconds: 0, gone: true };
    command('pod-terminating', { revision: 12, pods: [gone] });
    expect(sync.running).toBe(0);
    expect([...runtime.running]).toEqual([]);
  });

  it('does not start a pod again that has ended, whatever comes late or twice', async () => {
    const { assigned, runtime, stopped, sync, command } = setup();
    assigned.set('a', {}).set('b', {});
    await sync.resync();
    // `a` has stopped as commanded; `b` is gone. The answers of the control plane still have both.
    runtime.forget('a');
    sync.stopped('a');
    command('pod-terminating', { revision: 12, pods: [identity('b', { gone: true })] });
    assigned.set('a', { graceSeconds: 30 });
    for (let i = 0; i < 2; i += 1) command('pod-assigned', { revision: 9, pods: [pod('a'), pod('b')] });
    await sync.resync();
    expect([...runtime.running]).toEqual([]);
    expect(stopped).toEqual(['a']);
    command('pod-terminating', { revision: 13, pods: [identity('a')] });
    expect(stopped).toEqual(['a', 'a']);
  });

  it('asks again when the control plane could not answer, and logs its reason', async () => {
    const lines: string[] = [];
    const { assigned, runtime, sync, state } = setup(pino({}, { write: (line) => lines.push(line) }));
    assigned.set('a', {});
    state.failures.push(new RequestFailedError('list-pods', 'the store cannot be reached'));
    await sync.resync();
    expect([...runtime.running]).toEqual(['a']);
    expect(lines.join('')).toContain('the store cannot be reached');
  });

  it('asks for the list when it has to stop a pod that it does not know', async () => {
    const { assigned, runtime, sync, command } = setup();
    await sync.resync();
    assigned.set('a', { graceSeconds: 30 });
    command('pod-terminating', { revision: 12, pods: [identity('a')] });
    await sync.resync();
    expect(runtime.stopping.get('a')).toBe(30);
  });

  it('asks for the list when a command says that commands may be lost', async () => {
    const { assigned, runtime, sync, command } = setup();
    await sync.resync();
    assigned.set('a', {});
    command('pod-assigned', { revision: 12, pods: [] });
    await sync.resync();
    expect([...runtime.running]).toEqual(['a']);
  });

  it('carries out the valid part of a command, and refuses the rest', async () => {
    const { runtime, sync, command } = setup();
    await sync.resync();
    const broken = { metadata: { uid: 'x' }, spec: { nodeName: NODE.name } };
    expect(() => command('pod-assigned', { revision: 11, pods: [broken, pod('a')] })).toThrow(ContractError);
    expect([...runtime.running]).toEqual(['a']);
    for (const body of [{}, { revision: 'x', pods: [] }, { revision: 1, pods: [3] }]) {
      expect(() => command('pod-assigned', body)).toThrow(ContractError);
      expect(() => command('pod-terminating', body)).toThrow(ContractError);
    }
  });
});
