import { describe, expect, it } from 'vitest';
import { container, PlayedPod } from '../../fixtures/played-pod.js';
import { takeOver } from './take-over.js';

const probe = { periodSeconds: 5 };
const probed = container('c', { startupProbe: probe, livenessProbe: probe, readinessProbe: probe });

/** The status of a pod after some time, in the hands of a process that begins with it. */
function again(before: PlayedPod, machine: object = {}): PlayedPod {
  const { containers, initContainers, restartPolicy } = before.run.pod.spec;
  const spec = { containers, ...(initContainers && { initContainers }), ...(restartPolicy && { restartPolicy }) };
  return new PlayedPod(spec, machine, before.status(), takeOver);
}

describe('a pod that ran before', () => {
  it('goes on as it was: nothing is started, and it is as ready as before', () => {
    const before = new PlayedPod({
      containers: [probed],
      initContainers: [container('s', { restartPolicy: 'Always' })],
    });
    before.pass(3);
    const after = again(before);
    expect(after.log.filter((line) => line.includes('start '))).toEqual([]);
    expect(after.status()).toEqual(before.status());
    after.pass(20);
    expect(after.log.some((line) => line.includes('startup'))).toBe(false);
    expect(after.states()).toBe('running ready, running ready');
  });

  it('is restarted at once where it waited: the back-off begins anew', () => {
    const before = new PlayedPod({}, { exit: () => ({ afterMs: 1000, code: 1 }) });
    before.pass(5);
    expect(before.states()).toBe('CrashLoopBackOff 1');
    const after = again(before);
    expect(after.log).toEqual(['0 start c 2']);
    expect(after.states()).toBe('running ready 2');
  });

  it('that others have failed is stopped', () => {
    const status = { ...new PlayedPod({}).status(), phase: 'Failed', reason: 'Evicted', message: 'low on memory' };
    const after = new PlayedPod({}, {}, status, takeOver);
    expect(after.log).toEqual(['0 stop c 30', '0 exit c 143']);
    expect(after.status()).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' });
  });
});
