import { describe, expect, it } from 'vitest';
import { container, PlayedPod } from '../../fixtures/played-pod.js';
import { evictPod, shutDownPod } from './fail-pod.js';

const NEVER = Number.POSITIVE_INFINITY;
const EVICTION = {
  reason: 'Evicted',
  message: 'The node was low on resource: memory. ',
  rejected: false,
  isDisruption: true,
};
const conditionOf = (played: PlayedPod) => played.status().conditions?.find(({ type }) => type === 'DisruptionTarget');

describe('an eviction', () => {
  it('ends the pod in two seconds, for good, and says why once it has ended', () => {
    const played = new PlayedPod({ containers: [container('c')] }, { stopMs: () => NEVER });
    evictPod(played.run, EVICTION, played.now());
    played.settle();
    expect(played.status()).toMatchObject({ phase: 'Running' });
    expect(conditionOf(played)).toBeUndefined();
    played.pass(60);
    expect(played.log.filter((line) => line.includes(' stop ') || line.includes(' exit '))).toEqual([
      '0 stop c 2',
      '2 exit c 137',
    ]);
    expect(played.status()).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: EVICTION.message });
    expect(conditionOf(played)).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
      message: EVICTION.message,
    });
    expect(played.events('Evicted')).toEqual([EVICTION.message]);
  });

  it('leaves a pod that ends already no more time than others, and its reason', () => {
    const played = new PlayedPod({ containers: [container('c')] }, { stopMs: () => NEVER });
    played.end(3600);
    played.pass(10);
    evictPod(played.run, EVICTION, played.now());
    expect(played.run.failure).toBeUndefined();
    played.settle();
    played.pass(60);
    expect(played.log).toContain('12 exit c 137');
    expect(played.events('Evicted')).toEqual([EVICTION.message]);
  });
});

describe('a shutdown of the node', () => {
  it.each([
    // own grace, that of the group, seconds until the kill
    [30, 10, 10],
    [5, 10, 5],
    [5, 0, 2],
  ])('ends a pod with %d s within %d s, after %d s', (own, group, kill) => {
    const played = new PlayedPod(
      { containers: [container('c')], terminationGracePeriodSeconds: own },
      { stopMs: () => NEVER },
    );
    shutDownPod(played.run, group * 1000, played.now());
    played.settle();
    played.pass(60);
    expect(played.log).toContain(`${kill} exit c 137`);
    expect(played.status()).toMatchObject({
      phase: 'Failed',
      reason: 'Terminated',
      message: 'Pod was terminated in response to imminent node shutdown.',
    });
    expect(conditionOf(played)).toMatchObject({ status: 'True', reason: 'TerminationByKubelet' });
  });
});
