import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CURRENT_HASH,
  NOW,
  type Place,
  places,
  progressSince,
  type RolloutCluster,
  type RolloutOptions,
  rolloutCluster,
} from '../../fixtures/rollout-cluster.js';
import { OLD_ROLES } from '../assessment/rollout-role.js';
import { conditionsFor } from '../conditions/conditions.js';
import { explainDaemonSet } from '../explain/explain.js';
import type { NodeOutcome } from '../explain/node-explanation.js';
import { decideRollout, zoneInTurn } from './rollout-decision.js';
import { permissionOf, UNHELD } from './rollout-permission.js';

const FROZEN = { 'everynode.io/frozen': 'true' };
const PAUSED = { 'everynode.io/paused': 'true' };
const FAILED = { 'everynode.io/failed-revision': CURRENT_HASH };
const RESTARTS = { 'everynode.io/pause-after-restarts': '3' };
const TWO_CANARIES = { 'everynode.io/canary': '2' };
const RING = { 'everynode.io/canary': 'ring=first' };
const ZONES = { 'everynode.io/topology-order': 'zone' };

/** What the controller would update now: the node of each deleted pod, and each node that gets a second pod. */
function updatesOf({ daemonSet, ledger, permission }: RolloutCluster): string[] {
  const { deletes, createOn } = decideRollout(ledger, daemonSet.spec?.updateStrategy, permission);
  return [...deletes.map(({ node }) => node), ...createOn];
}

function conditionsOf({ daemonSet, compiled, ledger }: RolloutCluster): Record<string, string> {
  const progress = progressSince(NOW);
  const view = { daemonSet, ledger, limits: compiled.limits, currentHash: CURRENT_HASH, progress, now: NOW };
  const conditions = conditionsFor(view, undefined, (ms) => new Date(ms).toISOString()) ?? [];
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

function outcomesOf({ daemonSet, nodes, podsByNode }: RolloutCluster): Map<string, [NodeOutcome, string]> {
  const loadOf = () => ({ node: {}, pods: [] });
  const explained = explainDaemonSet({ daemonSet, nodes, podsByNode, currentHash: CURRENT_HASH, now: NOW, loadOf });
  return new Map(explained.map(({ node, outcome, reason }) => [node, [outcome, reason]]));
}

const restarted = (name: string, restarts: number): Place => ({ name, hash: 'new', restarts });
const inZone = (zone: string, old: string): Place[] => places(old).map((place) => ({ ...place, labels: { zone } }));
const inRing = (first: string, late: string): Place[] => [
  ...places(first).map((place) => ({ ...place, labels: { ring: 'first' } })),
  ...places(late),
];

/** After an undo: the third template is the first again. Places of `old` run the second, of `stayed` the first. */
const UNDONE = { 'deprecated.daemonset.template.generation': '3' };
const undone = (old: string, stayed: string, forward = ''): Place[] => [
  ...places(forward).map((place) => ({ ...place, generation: 0 })),
  ...places(old).map((place) => ({ ...place, generation: 2 })),
  ...places('', stayed).map((place) => ({ ...place, generation: 1 })),
];

interface Expected {
  mayManage?: boolean;
  mayUpdate?: boolean;
  minOld?: number;
  canariesOnly?: boolean;
  returnsOnly?: boolean;
  hold?: string;
  /** False: nothing waits for the hold, so it is not shown. */
  isShown?: boolean;
  updates: string;
  progressing: string;
}

const CASES: [what: string, annotations: Record<string, string>, Place[], Expected][] = [
  ['no annotation', {}, places('ab'), { updates: 'ab', progressing: '' }],
  [
    'frozen: nothing is created, deleted or updated',
    FROZEN,
    [...places('ab'), { name: 'c', hash: 'none' }],
    { mayManage: false, mayUpdate: false, hold: 'Frozen', updates: '', progressing: 'Unknown Frozen' },
  ],
  [
    'frozen: it is shown where nothing is left to update',
    FROZEN,
    places('', 'ab'),
    { mayManage: false, mayUpdate: false, hold: 'Frozen', updates: '', progressing: 'True RolloutComplete' },
  ],
  ['frozen: only "true" counts', { 'everynode.io/frozen': 'yes' }, places('a'), { updates: 'a', progressing: 'True' }],
  ['paused', PAUSED, places('ab'), { mayUpdate: false, hold: 'Paused', updates: '', progressing: 'Unknown Paused' }],
  [
    'frozen before paused',
    { ...PAUSED, ...FROZEN },
    places('a'),
    { mayManage: false, mayUpdate: false, hold: 'Frozen', updates: '', progressing: 'Unknown Frozen' },
  ],
  [
    'a revision that failed before',
    FAILED,
    places('ab'),
    { mayUpdate: false, hold: 'RevisionFailed', updates: '', progressing: 'Unknown RevisionFailed' },
  ],
  [
    'a revision that failed before, and every node has it',
    FAILED,
    places('', 'ab'),
    { mayUpdate: false, hold: 'RevisionFailed', isShown: false, updates: '', progressing: 'True RolloutComplete' },
  ],
  [
    'another revision that failed',
    { 'everynode.io/failed-revision': 'other' },
    places('a'),
    { updates: 'a', progressing: 'True RolloutProgressing' },
  ],
  [
    'fewer restarts than the limit',
    RESTARTS,
    [restarted('a', 2), ...places('b')],
    { updates: 'b', progressing: 'True RolloutProgressing' },
  ],
  [
    'as many restarts as the limit',
    RESTARTS,
    [restarted('a', 2), restarted('b', 1), ...places('c')],
    { mayUpdate: false, hold: 'Restarts', updates: '', progressing: 'Unknown Restarts' },
  ],
  [
    'canaries by number',
    TWO_CANARIES,
    places('abcd'),
    { minOld: 2, hold: 'Canary', updates: 'ab', progressing: 'True RolloutProgressing' },
  ],
  [
    'canaries by number, and as many are updated',
    TWO_CANARIES,
    places('cd', 'ab'),
    { minOld: 2, hold: 'Canary', updates: '', progressing: 'Unknown Canary' },
  ],
  [
    'canaries by selector',
    RING,
    inRing('b', 'acd'),
    { canariesOnly: true, hold: 'Canary', updates: 'b', progressing: 'True RolloutProgressing' },
  ],
  [
    'canaries by a selector that chooses no node',
    RING,
    places('ab'),
    { canariesOnly: true, hold: 'Canary', updates: '', progressing: 'Unknown Canary' },
  ],
  [
    'canaries that have not run long enough',
    { ...TWO_CANARIES, 'everynode.io/canary-seconds': '90' },
    places('cd', 'ab'),
    { minOld: 2, hold: 'Canary', updates: '', progressing: 'Unknown Canary' },
  ],
  [
    'canaries that have run long enough',
    { ...TWO_CANARIES, 'everynode.io/canary-seconds': '30' },
    places('cd', 'ab'),
    { updates: 'cd', progressing: 'True RolloutProgressing' },
  ],
  [
    'paused before canaries, whose limits still count',
    { ...TWO_CANARIES, ...PAUSED },
    places('abcd'),
    { mayUpdate: false, minOld: 2, hold: 'Paused', updates: '', progressing: 'Unknown Paused' },
  ],
  [
    'a partition is no hold',
    { 'everynode.io/partition': '3' },
    places('abcd'),
    { minOld: 3, updates: 'a', progressing: 'True RolloutProgressing' },
  ],
  [
    'a partition that is reached',
    { 'everynode.io/partition': '3' },
    places('bcd', 'a'),
    { minOld: 3, updates: '', progressing: 'Unknown Partition' },
  ],
  [
    'a partition and fewer canaries: the larger number keeps the old revision',
    { ...TWO_CANARIES, 'everynode.io/partition': '1' },
    places('abcd'),
    { minOld: 2, hold: 'Canary', updates: 'ab', progressing: 'True RolloutProgressing' },
  ],
  [
    'zones are no hold',
    ZONES,
    [...inZone('z2', 'ab'), ...inZone('z1', 'cd')],
    { updates: 'cd', progressing: 'True RolloutProgressing' },
  ],
  [
    'canaries by selector go before zones',
    { ...ZONES, ...RING },
    [...inZone('z1', 'ab'), { name: 'c', hash: 'old', labels: { zone: 'z2', ring: 'first' } }],
    { canariesOnly: true, hold: 'Canary', updates: 'c', progressing: 'True RolloutProgressing' },
  ],
  [
    'canaries by number after an undo: they return',
    { ...TWO_CANARIES, ...UNDONE },
    undone('ab', 'cdef'),
    { returnsOnly: true, hold: 'Canary', isShown: false, updates: 'ab', progressing: 'True RolloutProgressing' },
  ],
  [
    'a partition after an undo',
    { 'everynode.io/partition': '4', ...UNDONE },
    undone('ab', 'cdef'),
    { returnsOnly: true, updates: 'ab', progressing: 'True RolloutProgressing' },
  ],
  [
    'canaries by selector after an undo: a node that joined returns, too',
    { ...RING, ...UNDONE },
    undone('ab', 'cdef'),
    { returnsOnly: true, hold: 'Canary', isShown: false, updates: 'ab', progressing: 'True RolloutProgressing' },
  ],
  [
    'an undo to the canaries before: the others still wait',
    { ...TWO_CANARIES, ...UNDONE },
    undone('a', 'bc', 'def'),
    { returnsOnly: true, minOld: 3, hold: 'Canary', updates: 'a', progressing: 'True RolloutProgressing' },
  ],
  [
    'an undo under a pause',
    { ...TWO_CANARIES, ...PAUSED, ...UNDONE },
    undone('ab', 'cdef'),
    { mayUpdate: false, returnsOnly: true, hold: 'Paused', updates: '', progressing: 'Unknown Paused' },
  ],
  [
    'an undo where no node has stayed: a way forward',
    { ...TWO_CANARIES, ...UNDONE },
    undone('abcd', ''),
    { minOld: 2, hold: 'Canary', updates: 'ab', progressing: 'True RolloutProgressing' },
  ],
  [
    'canaries whose pods tell no generation of this DaemonSet: nothing returns',
    { ...TWO_CANARIES, 'deprecated.daemonset.template.generation': '1' },
    undone('ab', 'cdef'),
    { minOld: 4, hold: 'Canary', updates: '', progressing: 'Unknown Canary' },
  ],
  [
    'a deadline is no hold',
    { 'everynode.io/progress-deadline-seconds': '60', 'everynode.io/rollback-on-deadline': 'true' },
    places('a'),
    { updates: 'a', progressing: 'True RolloutProgressing' },
  ],
];

describe('what an owner permits', () => {
  it.each(CASES)('%s', (_what, annotations, described, { updates, progressing, ...expected }) => {
    const cluster = rolloutCluster(annotations, described, { maxUnavailable: 9 });
    const { hold, mayManage, mayUpdate, minOld, canariesOnly, returnsOnly } = cluster.permission;
    const { hold: reason, isShown = reason !== undefined, ...permitted } = expected;
    const shown = { hold: hold?.reason, isShown: hold?.isShown ?? false };
    expect({ mayManage, mayUpdate, minOld, canariesOnly, returnsOnly, ...shown }).toEqual({
      mayManage: UNHELD.mayManage,
      mayUpdate: UNHELD.mayUpdate,
      minOld: UNHELD.minOld,
      canariesOnly: UNHELD.canariesOnly,
      returnsOnly: UNHELD.returnsOnly,
      ...permitted,
      hold: reason,
      isShown,
    });
    expect(updatesOf(cluster).join('')).toBe(updates);
    const conditions = conditionsOf(cluster);
    expect(conditions.Progressing ?? '').toContain(progressing);
    expect(conditions.Paused).toBe(isShown ? `True ${reason}` : undefined);
    const outcomes = [...outcomesOf(cluster)].flatMap(([node, [outcome]]) => (outcome === 'restart' ? [node] : []));
    expect(outcomes.sort().join('')).toBe(updates);
  });

  it('is everything before there is a revision: no revision can have failed', () => {
    const { ledger, compiled } = rolloutCluster({ 'everynode.io/failed-revision': '' }, places('a'));
    expect(permissionOf({ ledger, limits: compiled.limits, currentHash: '' })).toEqual(UNHELD);
  });
});

const someOf = (...values: string[]) => fc.constantFrom(undefined, ...values);

const annotations = fc
  .record({
    'everynode.io/frozen': someOf('true', 'false'),
    'everynode.io/paused': someOf('true', 'false'),
    'everynode.io/failed-revision': someOf(CURRENT_HASH, 'other'),
    'everynode.io/pause-after-restarts': someOf('1', '4'),
    'everynode.io/canary': someOf('0', '2', 'ring=first', 'ring=none'),
    'everynode.io/canary-seconds': someOf('30', '90'),
    'everynode.io/partition': someOf('0', '1', '3'),
    'everynode.io/topology-order': someOf('zone', 'zone=z2'),
    'everynode.io/topology-budget': someOf('1', '50%'),
    'everynode.io/skip-not-ready': someOf('true'),
    'everynode.io/conditions': someOf('true'),
  })
  .map((all) => Object.fromEntries(Object.entries(all).flatMap(([key, value]) => (value ? [[key, value]] : []))));

const aPlace = fc.record({
  hash: fc.constantFrom<Place['hash']>('old', 'old', 'new', 'both', 'none'),
  nodeReady: fc.constantFrom(true, true, false),
  podReady: fc.constantFrom(true, true, false),
  restarts: fc.constantFrom(0, 0, 1, 4),
  zone: fc.constantFrom('z1', 'z2'),
  ring: fc.constantFrom('first', 'late'),
});

const described = fc
  .array(aPlace, { minLength: 1, maxLength: 8 })
  .map((all) => all.map(({ zone, ring, ...place }, i): Place => ({ ...place, name: `n${i}`, labels: { zone, ring } })));

const strategy: fc.Arbitrary<RolloutOptions> = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((maxUnavailable) => ({ maxUnavailable })),
  fc.integer({ min: 1, max: 4 }).map((maxSurge) => ({ maxUnavailable: 0, maxSurge })),
  fc.constant<RolloutOptions>({ type: 'OnDelete' }),
);

describe('the controller, the conditions and explain', () => {
  it('agree on what is held, whatever an owner asks for', () => {
    fc.assert(
      fc.property(annotations, described, strategy, (asked, cluster, options) => {
        const rollout = rolloutCluster(asked, cluster, options);
        const { ledger, permission } = rollout;
        const { mayManage, mayUpdate, minOld, canariesOnly, hold } = permission;
        const updates = updatesOf(rollout);
        const outcomes = outcomesOf(rollout);
        const conditions = conditionsOf(rollout);

        // A hold and what it takes away come together.
        expect(mayManage || !mayUpdate).toBe(true);
        if (!mayUpdate) expect(hold).toBeDefined();

        // The controller keeps to it.
        if (!mayUpdate) expect(updates).toEqual([]);
        const old = updates.filter((node) => OLD_ROLES.includes(ledger.get(node)?.role.kind ?? 'none'));
        expect(old.length).toBeLessThanOrEqual(Math.max(0, ledger.old - minOld));
        if (canariesOnly) expect(old.every((node) => ledger.get(node)?.counts.canary === 1)).toBe(true);
        const turn = zoneInTurn(ledger, permission);
        if (turn !== undefined) expect(old.every((node) => ledger.get(node)?.zone === turn)).toBe(true);

        // The conditions show it.
        if (Object.keys(asked).length > 0) {
          expect(conditions.Paused).toBe(hold?.isShown ? `True ${hold.reason}` : undefined);
        }
        if (conditions.Progressing === 'True RolloutProgressing' && hold?.isShown) expect(mayUpdate).toBe(true);

        // Explain names, for each node, what the controller does there or why it does nothing.
        for (const [node, [outcome, reason]] of outcomes) {
          const assessment = ledger.get(node);
          const isManaged = assessment?.create || (assessment?.deletes.length ?? 0) > 0;
          if (outcome === 'restart') expect(updates).toContain(node);
          if (updates.includes(node) && !isManaged) expect(outcome).toBe('restart');
          if (outcome === 'create' || outcome === 'delete') expect(mayManage).toBe(true);
          if (isManaged && !mayManage) expect([outcome, reason]).toEqual(['wait', hold?.because]);
          const isOld = OLD_ROLES.includes(assessment?.role.kind ?? 'none');
          if (isOld && !isManaged && !mayUpdate && options.type !== 'OnDelete') {
            expect([outcome, reason]).toEqual(['wait', `an old revision: ${hold?.because}`]);
          }
        }
      }),
      propertyRuns(500),
    );
  });
});
