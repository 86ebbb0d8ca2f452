import { describe, expect, it } from 'vitest';
import { container, PlayedPod } from '../../fixtures/played-pod.js';
import { sandboxLost } from '../pod/found-run.js';

const side = (name: string, rest: object = {}) => container(name, { restartPolicy: 'Always', ...rest });
const crashing = { exit: () => ({ afterMs: 1000, code: 1 }) };

describe('the start of a pod', () => {
  it('is in order: init containers to their end, sidecars until they are started, then the others', () => {
    const played = new PlayedPod(
      {
        initContainers: [
          container('i1'),
          side('s1', { startupProbe: { periodSeconds: 1 } }),
          container('i2'),
          side('s2'),
        ],
        containers: [container('a'), container('b')],
      },
      {
        exit: (name) => (name.startsWith('i') ? { afterMs: 1500, code: 0 } : undefined),
        probe: (_name, _kind, ms) => ({ verdict: ms < 4000 ? 'failure' : 'success', output: 'no' }),
      },
    );
    expect(played.states()).toBe(['running', ...Array(5).fill('PodInitializing')].join(', '));
    played.pass(10);
    expect(played.log.filter((line) => !line.includes('startup'))).toEqual([
      '0 start i1 0',
      '1.5 exit i1 0',
      '1.5 start s1 0',
      '4 start i2 0',
      '5.5 exit i2 0',
      '5.5 start s2 0',
      '5.5 start a 0',
      '5.5 start b 0',
    ]);
    expect(played.status()).toMatchObject({ phase: 'Running' });
  });

  it('is another one, from the first init container on, when its sandbox ends', () => {
    const exit = (name: string) => (name === 'i' ? { afterMs: 1000, code: 0 } : undefined);
    const played = new PlayedPod({ initContainers: [container('i')] }, { exit });
    played.pass(3);
    played.exit('c', { code: 137 });
    sandboxLost(played.run);
    played.settle();
    played.pass(10);
    const starts = played.log.filter((line) => line.includes('start')).map((line) => line.replace(/^\S+ /, ''));
    expect(starts).toEqual(['start i 0', 'start c 0', 'start i 1', 'start c 1']);
    expect(played.events('SandboxChanged')).toHaveLength(1);
    played.end(1);
    sandboxLost(played.run);
    expect(played.events('SandboxChanged')).toHaveLength(1);
  });

  it('waits for an init container that fails, with its back-off', () => {
    const played = new PlayedPod({ initContainers: [container('i')] }, crashing);
    played.pass(35);
    expect(played.log.filter((line) => line.includes('start'))).toEqual([
      '0 start i 0',
      '2 start i 1',
      '13 start i 2',
      '34 start i 3',
    ]);
    expect(played.status().phase).toBe('Pending');
  });

  it.each([
    ['Never', { code: 3, restarts: 0, phase: 'Failed' }],
    ['OnFailure', { code: 3, restarts: 1, phase: 'Pending' }],
  ])('with restartPolicy %s', (restartPolicy, { code, restarts, phase }) => {
    const exit = () => ({ afterMs: 1000, code });
    const played = new PlayedPod(
      { restartPolicy, initContainers: [side('s'), container('i')] },
      {
        exit: (name) => (name === 'i' ? exit() : undefined),
      },
    );
    played.pass(2.5);
    const status = played.status();
    expect(status).toMatchObject({ phase, initContainerStatuses: [{}, { restartCount: restarts }] });
    // What a pod that has failed still runs is stopped.
    expect(played.live.has('s')).toBe(phase === 'Pending');
  });

  it('keeps sidecars running that crash, also while later init containers run', () => {
    const played = new PlayedPod(
      { initContainers: [side('s'), container('i')] },
      {
        exit: (name, n) =>
          name === 'i' ? { afterMs: 60_000, code: 0 } : name === 's' && n < 2 ? { afterMs: 1000, code: 1 } : undefined,
      },
    );
    played.pass(20);
    expect(played.states()).toBe('running ready 2, running, PodInitializing');
    played.pass(45);
    expect(played.states()).toBe('running ready 2, exit 0 ready, running ready');
  });

  it('goes on after a container that cannot be started', () => {
    const played = new PlayedPod(
      { containers: [container('a'), container('b')] },
      { startFault: (name) => (name === 'a' ? { fault: 'no', isCreated: false } : undefined) },
    );
    expect(played.states()).toBe('CreateContainerError, running ready');
    played.pass(25);
    expect(played.log).toEqual(['0 start a 0 fails', '0 start b 0', '10 start a 0 fails', '20 start a 0 fails']);
    expect(played.events('Failed')).toEqual(['Error: no', 'Error: no', 'Error: no']);
  });

  it('counts a container that was created and could not be started as a run', () => {
    const played = new PlayedPod({}, { startFault: () => ({ fault: 'exec: no', isCreated: true }) });
    expect(played.status().containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      state: { waiting: { reason: 'RunContainerError', message: 'exec: no' } },
      lastState: { terminated: { exitCode: 128, reason: 'StartError', startedAt: '1970-01-01T00:00:00Z' } },
    });
    played.pass(12);
    expect(played.log.filter((line) => line.includes('start'))).toEqual([
      '0 start c 0 fails',
      '1 start c 1 fails',
      '11 start c 2 fails',
    ]);
  });
});

describe('an image', () => {
  const pulled = (image: string, imagePullPolicy: string | undefined, isThere: boolean) => {
    const played = new PlayedPod(
      { containers: [container('c', { image, ...(imagePullPolicy !== undefined && { imagePullPolicy }) })] },
      { hasImage: () => isThere },
    );
    return [played.log[0], played.events()[0]];
  };
  const present = 'Container image "i:1" already present on machine and can be accessed by the pod';
  it.each([
    ['i:1', undefined, true, '0 start c 0', present],
    ['i:1', 'IfNotPresent', false, '0 pull c', 'Pulling image "i:1"'],
    ['i:1', 'Always', true, '0 pull c', 'Pulling image "i:1"'],
    ['i:1', 'Never', true, '0 start c 0', present],
    ['i:1', 'Never', false, undefined, 'Container image "i:1" is not present with pull policy of Never'],
    ['i', undefined, true, '0 pull c', 'Pulling image "i"'],
    ['h:5000/i', undefined, true, '0 pull c', 'Pulling image "h:5000/i"'],
    ['i:latest', undefined, true, '0 pull c', 'Pulling image "i:latest"'],
    ['i@sha256:ab', undefined, false, '0 pull c', 'Pulling image "i@sha256:ab"'],
  ])('%s with policy %s, present: %s', (image, policy, isThere, first, event) => {
    expect(pulled(image, policy, isThere)).toEqual([first, event]);
  });

  it('that cannot be pulled is tried again after 10 s, doubled, from the last try', () => {
    const played = new PlayedPod({}, { hasImage: () => false, pull: () => ({ fault: 'not found' }) });
    expect(played.states()).toBe('ErrImagePull');
    expect(played.status().containerStatuses?.[0]?.state?.waiting?.message).toBe('not found');
    played.pass(2);
    expect(played.states()).toBe('ImagePullBackOff');
    played.pass(100);
    expect(played.log).toEqual(['0 pull c', '10 pull c', '30 pull c', '70 pull c']);
  });
});

describe('a crash', () => {
  it('shows the states of a kubelet, and the words of its back-off', () => {
    const played = new PlayedPod({}, crashing);
    const seen: string[] = [];
    for (let seconds = 0; seconds < 200; seconds += 1) {
      const state = played.states();
      if (seen.at(-1) !== state) seen.push(state);
      played.pass(1);
    }
    expect(seen.slice(0, 6)).toEqual([
      'running ready',
      'exit 1',
      'running ready 1',
      'exit 1 1',
      'CrashLoopBackOff 1',
      'running ready 2',
    ]);
    expect(played.log.filter((line) => line.includes('start')).map((line) => Number(line.split(' ')[0]))).toEqual([
      0, 2, 13, 34, 75, 156,
    ]);
    played.pass(5);
    expect(played.status().containerStatuses?.[0]?.state?.waiting?.message).toBe(
      'back-off 2m40s restarting failed container=c pod=p_ns(u)',
    );
    expect(new Set(played.events('BackOff'))).toEqual(
      new Set(['Back-off restarting failed container c in pod p_ns(u)']),
    );
  });

  it.each([
    [{ restartPolicy: 'Never' }, 1, 'exit 1', 'Failed'],
    [{ restartPolicy: 'Never' }, 0, 'exit 0', 'Succeeded'],
    [{ restartPolicy: 'OnFailure' }, 0, 'exit 0', 'Succeeded'],
    [{ restartPolicy: 'OnFailure' }, 1, 'CrashLoopBackOff 1', 'Running'],
    [{ restartPolicy: 'Always' }, 0, 'CrashLoopBackOff 1', 'Running'],
    [{ containers: [container('c', { restartPolicy: 'Never' })] }, 0, 'exit 0', 'Succeeded'],
  ])('of a pod with %j and exit code %d', (spec, code, state, phase) => {
    const played = new PlayedPod(spec, { exit: () => ({ afterMs: 1000, code }) });
    played.pass(5);
    expect([played.states(), played.status().phase]).toEqual([state, phase]);
  });

  it.each([
    [[{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }], 42, 1],
    [[{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }], 1, 0],
    [[{ action: 'Restart', exitCodes: { operator: 'NotIn', values: [42] } }], 1, 1],
  ])('by the rules %j and exit code %d', (restartPolicyRules, code, restarts) => {
    const ruled = container('c', { restartPolicy: 'Never', restartPolicyRules });
    const played = new PlayedPod(
      { restartPolicy: 'Never', containers: [ruled] },
      { exit: () => ({ afterMs: 500, code }) },
    );
    played.pass(1.9);
    expect(played.status().containerStatuses?.[0]?.restartCount).toBe(restarts);
  });

  it('by memory is told as it is', () => {
    const played = new PlayedPod({});
    played.exit('c', { code: 137, reason: 'OOMKilled', message: 'last words' });
    expect(played.status().containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'OOMKilled',
      message: 'last words',
    });
  });
});
