import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, PodDisruptionBudget } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { disruptionStatus, guards, judgeEviction } from './disruption-status.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const STORED = { uid: 'u', namespace: 'default', creationTimestamp: '2026-11-24T11:00:00Z' };
const pod = (name: string, ready = true, labels: Record<string, string> = { app: 'web' }): Stored<Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...STORED, name, labels },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const budget = (spec: PodDisruptionBudget['spec'] = { minAvailable: 1 }): Stored<PodDisruptionBudget> => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { ...STORED, name: 'web', generation: 1 },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
});

describe('a disruption budget', () => {
  it('guards the pods of its namespace that it selects, and none without a selector', () => {
    expect(guards(budget(), pod('a'))).toBe(true);
    expect(guards(budget(), pod('a', true, {}))).toBe(false);
    expect(guards({ ...budget(), spec: { minAvailable: 1 } }, pod('a'))).toBe(false);
    expect(guards({ ...budget(), spec: { minAvailable: 1, selector: {} } }, pod('a', true, {}))).toBe(true);
  });

  it('says that it cannot be kept where it needs a scale, and lets none go', () => {
    const status = disruptionStatus(budget({ maxUnavailable: 1 }), [pod('a'), pod('b')], NOW);
    expect(status).toMatchObject({ disruptionsAllowed: 0, conditions: [{ status: 'False', reason: 'SyncFailed' }] });
  });

  it('does not count who was evicted, until it turns out that they stay', () => {
    const used = { ...budget(), status: { ...disruptionStatus(budget(), [pod('a'), pod('b')], NOW) } };
    const verdict = judgeEviction(used, pod('a'), NOW);
    if (verdict.kind !== 'allow' || !verdict.status) throw new Error('it was not allowed');
    const after = { ...budget(), status: verdict.status };
    expect(disruptionStatus(after, [pod('a'), pod('b')], NOW + 1000).disruptionsAllowed).toBe(0);
    expect(disruptionStatus(after, [pod('a'), pod('b')], NOW + 121_000)).toMatchObject({ disruptionsAllowed: 1 });
  });

  it('lets pods go that are not healthy while enough are, or as its policy says', () => {
    const enough = { ...budget(), status: disruptionStatus(budget(), [pod('a'), pod('b', false)], NOW) };
    expect(judgeEviction(enough, pod('b', false), NOW)).toEqual({ kind: 'allow', status: undefined });
    const short = { ...budget(), status: disruptionStatus(budget(), [pod('b', false)], NOW) };
    expect(judgeEviction(short, pod('b', false), NOW).kind).toBe('wait');
    const always = { ...short, spec: { ...short.spec, unhealthyPodEvictionPolicy: 'AlwaysAllow' } };
    expect(judgeEviction(always, pod('b', false), NOW).kind).toBe('allow');
  });

  it('is waited for while its status is older than its spec', () => {
    const changed = { ...budget(), status: disruptionStatus(budget(), [pod('a'), pod('b')], NOW) };
    const newer = { ...changed, metadata: { ...changed.metadata, generation: 2 } };
    expect(judgeEviction(newer, pod('a'), NOW)).toMatchObject({ kind: 'wait', retryAfterSeconds: 10 });
  });

  it('never lets the healthy become fewer than it says, in any order of evictions', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 8 }), fc.integer({ min: 0, max: 6 }), (ready, minAvailable) => {
        const pods = ready.map((each, at) => pod(`p${at}`, each));
        let held = { ...budget({ minAvailable }), status: disruptionStatus(budget({ minAvailable }), pods, NOW) };
        const gone = new Set<string>();
        for (const each of pods) {
          const verdict = judgeEviction(held, each, NOW);
          if (verdict.kind !== 'allow') continue;
          gone.add(each.metadata?.name ?? '');
          if (verdict.status) held = { ...held, status: verdict.status };
        }
        const healthy = pods.filter((each, at) => ready[at] && !gone.has(each.metadata?.name ?? '')).length;
        expect(healthy).toBeGreaterThanOrEqual(Math.min(minAvailable, ready.filter(Boolean).length));
      }),
    );
  });
});
