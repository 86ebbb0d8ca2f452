import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredMeta } from '../kube-object.js';
import { type Deletable, type DeletionDecision, decideDeletion, isReleased } from './decide-deletion.js';
import type { DeletionOptions } from './delete-options.js';
import { podDeletionRules } from './pod-deletion.js';

const GRACE_7 = { terminationGracePeriodSeconds: 7 };
const GRACE_20 = { terminationGracePeriodSeconds: 20 };
const NOW = Date.parse('2026-01-01T00:00:00.400Z');

function stored(metadata: Partial<StoredMeta> = {}, pod: Partial<Deletable> = {}): Deletable {
  const base = { name: 'a', uid: 'u', creationTimestamp: '2025-12-31T00:00:00Z' };
  return {
    metadata: JSON.stringify({ ...base, ...metadata }),
    desired: '{"spec":{"terminationGracePeriodSeconds":20}}',
    observed: '{"phase":"Running"}',
    placement: 'node-1',
    ...pod,
  };
}

const marked = (decision: DeletionDecision): Partial<StoredMeta> => {
  if (decision.kind === 'keep' || !decision.parts) throw new Error(`decided to ${decision.kind}`);
  return JSON.parse(decision.parts.metadata) as StoredMeta;
};
const plain = (object: Deletable, options: DeletionOptions = {}) =>
  decideDeletion(object, options, { defaultPropagation: 'Background' }, NOW);
const pod = (object: Deletable, options: DeletionOptions = {}) =>
  decideDeletion(object, options, podDeletionRules, NOW);

describe('an object without grace', () => {
  it('goes at once when nothing holds it', () => {
    expect(plain(stored())).toEqual({ kind: 'delete' });
    expect(plain(stored(), { gracePeriodSeconds: 30 })).toEqual({ kind: 'delete' });
  });

  it('waits for its finalizers, as a new generation', () => {
    const decision = plain(stored({ generation: 3, finalizers: ['x.io/y'] }));
    expect(decision).toMatchObject({ deleting: true });
    expect(marked(decision)).toMatchObject({
      generation: 4,
      deletionTimestamp: '2026-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 0,
      finalizers: ['x.io/y'],
    });
  });

  it.each<[DeletionOptions, string[]]>([
    [{ propagationPolicy: 'Foreground' }, ['x', 'foregroundDeletion']],
    [{ propagationPolicy: 'Orphan' }, ['x', 'orphan']],
    [{ orphanDependents: true }, ['x', 'orphan']],
    [{ propagationPolicy: 'Background' }, ['x']],
    [{ orphanDependents: false }, ['x']],
  ])('%j gives finalizers %j', (options, finalizers) => {
    expect(marked(plain(stored({ finalizers: ['x'] }), options)).finalizers).toEqual(finalizers);
  });

  it('keeps a finalizer of the collector that was set before, unless the options say otherwise', () => {
    expect(marked(plain(stored({ finalizers: ['orphan'] }))).finalizers).toEqual(['orphan']);
    expect(plain(stored({ finalizers: ['orphan'] }), { propagationPolicy: 'Background' })).toEqual({ kind: 'delete' });
  });

  it('may change how it goes while it goes', () => {
    const going = stored({
      deletionTimestamp: '2025-12-31T23:00:00Z',
      deletionGracePeriodSeconds: 0,
      finalizers: ['foregroundDeletion'],
    });
    expect(plain(going)).toEqual({ kind: 'keep' });
    expect(marked(plain(going, { propagationPolicy: 'Orphan' }))).toMatchObject({
      deletionTimestamp: '2025-12-31T23:00:00Z',
      finalizers: ['orphan'],
    });
    expect(plain(going, { propagationPolicy: 'Background' })).toEqual({ kind: 'delete' });
  });
});

describe('a pod', () => {
  it('gets the grace of its spec, or what is asked for', () => {
    expect(marked(pod(stored()))).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:20Z',
      deletionGracePeriodSeconds: 20,
    });
    expect(marked(pod(stored(), { gracePeriodSeconds: 5 }))).toMatchObject({ deletionGracePeriodSeconds: 5 });
    expect(marked(pod(stored(), { gracePeriodSeconds: -1 }))).toMatchObject({ deletionGracePeriodSeconds: 1 });
  });

  it.each([
    ['says nothing', {}, 30],
    ['asks for less than none', { terminationGracePeriodSeconds: -1 }, 1],
    ['has probes with a grace of their own', { containers: [{ livenessProbe: GRACE_7 }], ...GRACE_20 }, 20],
    ['has such probes and says nothing', { containers: [{ livenessProbe: GRACE_7 }] }, 30],
    ['has the words elsewhere', { nodeName: '"terminationGracePeriodSeconds":5,"Probe":', ...GRACE_20 }, 20],
  ])('gets the seconds of its spec when that %s', (_what, spec, seconds) => {
    const decision = pod(stored({}, { desired: JSON.stringify({ spec }) }));
    expect(marked(decision)).toMatchObject({ deletionGracePeriodSeconds: seconds });
  });

  it('goes with grace when only a container is named like a phase', () => {
    const decision = pod(stored({}, { observed: '{"phase":"Running","containerStatuses":[{"name":"Failed"}]}' }));
    expect(marked(decision)).toMatchObject({ deletionGracePeriodSeconds: 20 });
  });

  it.each([
    ['asked to', stored(), { gracePeriodSeconds: 0 }],
    ['unbound', stored({}, { placement: null }), {}],
    ['finished', stored({}, { observed: '{"phase":"Failed"}' }), {}],
  ])('goes at once when %s', (_why, object, options) => {
    const gone = pod(object, options);
    expect(gone.kind).toBe('delete');
    expect(marked(gone)).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 });
    const held = { ...object, metadata: stored({ finalizers: ['x'] }).metadata };
    expect(marked(pod(held, options))).toMatchObject({ deletionGracePeriodSeconds: 0, finalizers: ['x'] });
  });

  const going = stored({ deletionTimestamp: '2026-01-01T00:00:15Z', deletionGracePeriodSeconds: 20 });

  it('may only be given less time than it was', () => {
    expect(pod(going)).toEqual({ kind: 'keep' });
    expect(pod(going, { gracePeriodSeconds: 20 })).toEqual({ kind: 'keep' });
    expect(marked(pod(going, { gracePeriodSeconds: 5 }))).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 5,
    });
    expect(pod(going, { gracePeriodSeconds: 0 }).kind).toBe('delete');
  });

  it('never gets more time, whatever is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 6 }), (asked) => {
        let metadata = stored({ finalizers: ['x'] }).metadata;
        let until = Number.POSITIVE_INFINITY;
        for (const gracePeriodSeconds of asked) {
          const decision = pod({ ...stored(), metadata }, { gracePeriodSeconds });
          if (decision.kind !== 'update') continue;
          metadata = decision.parts.metadata;
          const now = Date.parse(marked(decision).deletionTimestamp ?? '');
          expect(now).toBeLessThanOrEqual(until);
          until = now;
        }
      }),
    );
  });
});

describe('isReleased', () => {
  const base = { name: 'a', uid: 'u', creationTimestamp: '2025-12-31T00:00:00Z' };
  it.each<[boolean, Partial<StoredMeta>]>([
    [false, {}],
    [true, { deletionTimestamp: 'x' }],
    [true, { deletionTimestamp: 'x', deletionGracePeriodSeconds: 0, finalizers: [] }],
    [false, { deletionTimestamp: 'x', finalizers: ['y'] }],
    [false, { deletionTimestamp: 'x', deletionGracePeriodSeconds: 3 }],
  ])('%s for %j', (released, metadata) => {
    expect(isReleased({ ...base, ...metadata })).toBe(released);
  });
});
