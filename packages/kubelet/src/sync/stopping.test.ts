import { describe, expect, it } from 'vitest';
import { container, PlayedPod } from '../../fixtures/played-pod.js';

const side = (name: string, rest: object = {}) => container(name, { restartPolicy: 'Always', ...rest });
const NEVER = Number.POSITIVE_INFINITY;
const since = (played: PlayedPod, at: number) => played.log.filter((line) => Number(line.split(' ')[0]) >= at);

describe('a stop', () => {
  it.each([
    // grace, stop hook, how long it takes, when it is signalled, with how long until the kill
    { grace: 30, hook: undefined, takesMs: 0, at: 0, left: 30 },
    { grace: 30, hook: { exec: {} }, takesMs: 4900, at: 4.9, left: 26 },
    { grace: 5, hook: { exec: {} }, takesMs: 60_000, at: 5, left: 2 },
    { grace: 5, hook: { httpGet: { port: 1 } }, takesMs: 4000, at: 4, left: 2 },
    { grace: 30, hook: { sleep: { seconds: 3 } }, takesMs: 0, at: 3, left: 27 },
    { grace: 5, hook: { sleep: { seconds: 60 } }, takesMs: 0, at: 5, left: 2 },
    { grace: 0, hook: { exec: {} }, takesMs: 9000, at: 0, left: 2 },
    { grace: 1, hook: undefined, takesMs: 0, at: 0, left: 2 },
  ])('within $grace s, with the hook $hook of $takesMs ms', ({ grace, hook, takesMs, at, left }) => {
    const lifecycle = hook && { lifecycle: { preStop: hook } };
    const played = new PlayedPod(
      { containers: [container('c', lifecycle as object)] },
      { hook: () => ({ takesMs }), stopMs: () => NEVER },
    );
    played.end(grace);
    expect(played.events('Killing')).toEqual(['Stopping container c']);
    played.pass(100);
    expect(played.log.filter((line) => line.includes('stop '))).toEqual([`${at} stop c ${left}`]);
    expect(played.log.slice(-2)).toEqual([`${at + left} exit c 137`, `${at + left} removed`]);
    expect(played.status()).toMatchObject({ phase: 'Failed' });
  });

  it('goes on after a hook that fails, and says so', () => {
    const played = new PlayedPod(
      { containers: [container('c', { lifecycle: { preStop: { exec: { command: ['x'] } } } })] },
      { hook: () => ({ takesMs: 1000, fault: 'no' }) },
    );
    played.end(30);
    played.pass(2);
    expect(played.events('FailedPreStopHook')).toEqual(['PreStopHook failed']);
    expect(played.run.sandbox).toBe('removed');
  });

  it('can only be made shorter', () => {
    const played = new PlayedPod({}, { stopMs: () => NEVER });
    played.end(30);
    played.pass(5);
    played.end(60);
    played.end(10);
    played.pass(3);
    played.end(0);
    played.pass(5);
    expect(played.log.slice(-5)).toEqual(['0 stop c 30', '5 stop c 10', '8 stop c 2', '10 exit c 137', '10 removed']);
  });

  it('ends sidecars after the others, the last one first, and the wait is part of the time', () => {
    const played = new PlayedPod(
      { initContainers: [side('s1'), side('s2')], containers: [container('a'), container('b')] },
      { stopMs: (name) => ({ a: 4000, b: 2000, s2: 1000 })[name] ?? NEVER },
    );
    played.end(10);
    played.pass(60);
    expect(since(played, 0).slice(4)).toEqual([
      '0 stop a 10',
      '0 stop b 10',
      '2 exit b 143',
      '4 exit a 143',
      '4 stop s2 6',
      '5 exit s2 143',
      '5 stop s1 5',
      '10 exit s1 137',
      '10 removed',
    ]);
  });

  it('ends sidecars at the end of the time though the others go on', () => {
    const played = new PlayedPod({ initContainers: [side('s')] }, { stopMs: () => NEVER });
    played.end(5);
    played.pass(60);
    expect(played.log.slice(2)).toEqual(['0 stop c 5', '5 exit c 137', '5 stop s 2', '7 exit s 137', '7 removed']);
  });

  it('comes for the sidecars when the others have ended for good', () => {
    const played = new PlayedPod(
      { restartPolicy: 'Never', initContainers: [side('s')] },
      { exit: (name) => (name === 'c' ? { afterMs: 1000, code: 0 } : undefined), stopMs: () => 500 },
    );
    played.pass(1.2);
    expect(played.status().phase).toBe('Running');
    played.pass(1);
    expect(played.status().phase).toBe('Succeeded');
    expect(played.log.slice(2)).toEqual(['1 exit c 0', '1 stop s 30', '1.5 exit s 143']);
  });

  it('ends what was just being started, and starts nothing more', () => {
    const played = new PlayedPod(
      { containers: [container('a', { lifecycle: { postStart: { exec: {} } } }), container('b')] },
      { hook: () => ({ takesMs: 60_000 }) },
    );
    expect(played.states()).toBe('ContainerCreating, ContainerCreating');
    played.end(30);
    expect(played.log).toEqual(['0 start a 0', '0 postStart a', '0 stop a 30', '0 exit a 143', '0 removed']);
  });
});

describe('the hook after a start', () => {
  const hooked = [container('a', { lifecycle: { postStart: { exec: {} } } }), container('b')];

  it('is waited for before the container counts as running, and before the next one starts', () => {
    const played = new PlayedPod({ containers: hooked }, { hook: () => ({ takesMs: 3000 }) });
    expect(played.states()).toBe('ContainerCreating, ContainerCreating');
    played.pass(3);
    expect(played.states()).toBe('running ready, running ready');
    expect(played.log).toEqual(['0 start a 0', '0 postStart a', '3 start b 0']);
  });

  it('shows the run before until it is done', () => {
    const played = new PlayedPod({ containers: hooked.slice(0, 1) }, { hook: () => ({ takesMs: 3000 }) });
    played.pass(3);
    played.exit('a', { code: 1 });
    played.pass(1);
    expect([played.live.size, played.states()]).toEqual([1, 'exit 1']);
    played.pass(3);
    expect(played.states()).toBe('running ready 1');
    expect(played.status().containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(1);
  });

  it('that only sleeps takes its time', () => {
    const sleeping = container('c', { lifecycle: { postStart: { sleep: { seconds: 4 } } } });
    const played = new PlayedPod({ containers: [sleeping] });
    played.pass(3.9);
    expect(played.states()).toBe('ContainerCreating');
    played.pass(0.1);
    expect(played.states()).toBe('running ready');
  });

  it('that fails ends the container, which is started again with back-off', () => {
    const played = new PlayedPod(
      { containers: hooked.slice(0, 1) },
      { hook: () => ({ takesMs: 500, fault: 'no such file' }) },
    );
    played.pass(0.5);
    expect(played.status().containerStatuses?.[0]).toMatchObject({
      state: { waiting: { reason: 'PostStartHookError', message: 'no such file' } },
      lastState: { terminated: { exitCode: 143 } },
    });
    expect(played.events('FailedPostStartHook')).toEqual(['PostStartHook failed']);
    expect(played.events('Killing')).toEqual(['FailedPostStartHook']);
    played.pass(5);
    expect(played.states()).toBe('CrashLoopBackOff 1');
  });
});

describe('a deadline', () => {
  it('ends the pod within its own time, and it has failed when nothing runs any more', () => {
    const played = new PlayedPod(
      { activeDeadlineSeconds: 5, terminationGracePeriodSeconds: 3 },
      { stopMs: () => NEVER },
    );
    played.pass(6);
    expect(played.status()).toMatchObject({ phase: 'Running' });
    played.pass(3);
    expect(played.status()).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
    expect(played.log.slice(1)).toEqual(['5 stop c 3', '8 exit c 137']);
    played.end(30);
    expect(played.run.sandbox).toBe('removed');
  });

  it('may be given to a pod that runs, and counts from its start', () => {
    const played = new PlayedPod({});
    played.pass(6);
    played.change({ activeDeadlineSeconds: 10 });
    played.pass(3);
    expect(played.status()).toMatchObject({ phase: 'Running' });
    played.pass(1);
    expect(played.status()).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });
});

it('a pod is gone at once while what its containers share is being made', () => {
  const played = new PlayedPod({}, { sandboxMs: 60_000 });
  played.pass(5);
  played.end(30);
  expect(played.run.sandbox).toBe('removed');
  played.pass(100);
  expect(played.log).toEqual(['5 removed']);
});
