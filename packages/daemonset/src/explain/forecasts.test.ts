import { canonicalJson, type DaemonSet, type Node, type Pod } from '@everynode/objects';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import { isPodDeleting, REVISION_LABEL, revisionData } from '@everynode/workloads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessNode } from '../assessment/assessment.js';
import { compileDaemonSet, eligibilityOf } from '../placement/eligibility.js';
import { decideRollout } from '../rollout/rollout-decision.js';
import { RolloutLedger } from '../rollout/rollout-ledger.js';
import { permissionOf } from '../rollout/rollout-permission.js';
import { previewChange } from './change-preview.js';
import { explainDaemonSet } from './explain.js';
import type { NodeOutcome } from './node-explanation.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');

/** A DaemonSet on some nodes, the pods that are there, and the passes of its controller. */
class Cluster {
  readonly pods = new Map<string, Pod[]>();
  daemonSet: DaemonSet;
  hash = 'r1';
  #made = 0;

  constructor(
    readonly nodes: readonly Node[],
    daemonSet: DaemonSet,
  ) {
    this.daemonSet = daemonSet;
  }

  apply(after: DaemonSet): void {
    if (!isSameTemplate(this.daemonSet, after)) this.hash = 'r2';
    this.daemonSet = after;
  }

  live(node: string): Pod[] {
    return (this.pods.get(node) ?? []).filter((pod) => !isPodDeleting(pod));
  }

  uids(): Map<string, string[]> {
    return new Map(this.nodes.map((node) => [nameOf(node), this.live(nameOf(node)).map(uidOf)]));
  }

  explain() {
    const { daemonSet, nodes, pods, hash } = this;
    return explainDaemonSet({
      daemonSet,
      nodes,
      podsByNode: pods,
      currentHash: hash,
      now: NOW,
      loadOf: (node) => ({ node, pods: [] }),
    });
  }

  /**
   * One pass of the controller: it creates what is missing and deletes what must not stay, and updates only when
   * nothing of that is left. Returns what happened on each node.
   */
  reconcile(): { done: Map<string, NodeOutcome>; hasManaged: boolean } {
    const { ledger, permission, compiled } = this.#look();
    const done = new Map<string, NodeOutcome>();
    if (permission.mayManage) {
      for (const [node, { create, deletes }] of ledger.nodes()) {
        for (const { pod } of deletes) this.#remove(node, pod);
        if (create) this.#create(node);
        if (create || deletes.length > 0) done.set(node, create ? 'create' : 'delete');
      }
    }
    if (done.size > 0) return { done, hasManaged: true };
    const mayStart = (name: string): boolean =>
      this.nodes.some((node) => nameOf(node) === name && eligibilityOf(compiled, node).shouldRun);
    const { deletes, createOn } = decideRollout(ledger, this.daemonSet.spec?.updateStrategy, permission);
    for (const { node, pod } of deletes) {
      this.#remove(node, pod);
      done.set(node, mayStart(node) ? 'restart' : 'delete');
    }
    for (const node of createOn) {
      this.#create(node);
      done.set(node, 'restart');
    }
    return { done, hasManaged: false };
  }

  /** The agents finish their work: deleted pods are gone, and all others are ready. */
  obey(): void {
    for (const { metadata } of this.nodes) {
      const node = metadata?.name ?? '';
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-24T11:00:00Z' }];
      this.pods.set(
        node,
        this.live(node).map((pod) => ({ ...pod, status: { phase: 'Running', conditions } })),
      );
    }
  }

  /** Lets controller and agents work until nothing changes any more. */
  settle(): void {
    for (let passes = 0; this.reconcile().done.size > 0; passes += 1) {
      if (passes > 10 * this.nodes.length) throw new Error('it does not come to rest');
      this.obey();
    }
  }

  #look() {
    const compiled = compileDaemonSet(this.daemonSet);
    const ledger = new RolloutLedger();
    for (const node of this.nodes) {
      const pods = this.pods.get(nameOf(node)) ?? [];
      ledger.set(nameOf(node), assessNode(compiled, { node, pods, currentHash: this.hash, now: NOW }));
    }
    return { compiled, ledger, permission: permissionOf({ ledger, limits: compiled.limits, currentHash: this.hash }) };
  }

  #create(node: string): void {
    this.#made += 1;
    const uid = `p${this.#made}`;
    const creationTimestamp = new Date(NOW - 1e7 + this.#made * 1000).toISOString();
    const metadata = { name: uid, uid, creationTimestamp, labels: { [REVISION_LABEL]: this.hash } };
    const pod: Pod = { metadata, spec: { nodeName: node, containers: [] }, status: { phase: 'Pending' } };
    this.pods.set(node, [...(this.pods.get(node) ?? []), pod]);
  }

  #remove(node: string, gone: Pod): void {
    const deletionTimestamp = '2026-11-24T12:00:00Z';
    this.pods.set(
      node,
      (this.pods.get(node) ?? []).map((pod) =>
        uidOf(pod) === uidOf(gone) ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp } } : pod,
      ),
    );
  }
}

const nameOf = (node: Node): string => node.metadata?.name ?? '';
const uidOf = (pod: Pod): string => pod.metadata?.uid ?? '';
const isSameTemplate = (one: DaemonSet, other: DaemonSet): boolean =>
  canonicalJson(revisionData(one)) === canonicalJson(revisionData(other));

const aNode = fc.record({
  disk: fc.constantFrom('ssd', 'hdd', undefined),
  zone: fc.constantFrom('z1', 'z2', undefined),
  taint: fc.constantFrom(undefined, 'NoSchedule', 'NoExecute', 'PreferNoSchedule'),
  unschedulable: fc.boolean(),
  ready: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
});
const nodes = fc.array(aNode, { minLength: 1, maxLength: 8 }).map((list): Node[] =>
  list.map(({ disk, zone, taint, unschedulable, ready }, i) => ({
    metadata: { name: `n${i}`, labels: { ...(disk && { disk }), ...(zone && { zone }) } },
    spec: { unschedulable, ...(taint && { taints: [{ key: 'k', effect: taint }] }) },
    status: {
      allocatable: { cpu: '4', memory: '4Gi', pods: '10' },
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  })),
);

const HOLDS: Record<string, string>[] = [
  {},
  {},
  { 'everynode.io/paused': 'true' },
  { 'everynode.io/frozen': 'true' },
  { 'everynode.io/partition': '1' },
  { 'everynode.io/canary': '1' },
  { 'everynode.io/canary': 'disk=ssd' },
  { 'everynode.io/topology-order': 'zone' },
  { 'everynode.io/skip-not-ready': 'true' },
];
const manifests = fc
  .record({
    image: fc.constantFrom('one', 'two'),
    disk: fc.constantFrom(undefined, 'ssd', 'hdd'),
    affinity: fc.constantFrom(undefined, 'In', 'NotIn', 'Exists', 'DoesNotExist'),
    tolerates: fc.constantFrom(undefined, 'NoSchedule', 'NoExecute', ''),
    strategy: fc.constantFrom<[number, number] | undefined>([1, 0], [2, 0], [0, 1], [0, 2], undefined),
    hold: fc.constantFrom(...HOLDS),
  })
  .map(({ image, disk, affinity, tolerates, strategy, hold }): DaemonSet => {
    const values = affinity === 'In' || affinity === 'NotIn' ? { values: ['z1'] } : {};
    const terms = [{ matchExpressions: [{ key: 'zone', operator: affinity ?? '', ...values }] }];
    return {
      metadata: { name: 'd', namespace: 'n', uid: 'u', annotations: hold },
      spec: {
        selector: {},
        template: {
          spec: {
            containers: [{ name: 'c', image }],
            ...(disk && { nodeSelector: { disk } }),
            ...(affinity && {
              affinity: {
                nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
              },
            }),
            ...(tolerates !== undefined && {
              tolerations: [{ operator: 'Exists', key: 'k', ...(tolerates && { effect: tolerates }) }],
            }),
          },
        },
        updateStrategy: strategy
          ? { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: strategy[0], maxSurge: strategy[1] } }
          : { type: 'OnDelete' },
      },
    };
  });
const unheld = (daemonSet: DaemonSet): DaemonSet => ({
  ...daemonSet,
  metadata: { ...daemonSet.metadata, annotations: {} },
});

const MANAGES: readonly NodeOutcome[] = ['create', 'delete'];
const ACTS: readonly NodeOutcome[] = [...MANAGES, 'restart'];

describe('what explain says of random manifests on random nodes', () => {
  it('is what the controller then does on each node, in every step of the way', () => {
    const cases = fc.property(nodes, manifests, manifests, (fleet, before, after) => {
      const cluster = new Cluster(fleet, unheld(before));
      cluster.settle();
      cluster.apply(after);
      for (let step = 0; step < 4; step += 1) {
        const said = cluster.explain();
        const { done, hasManaged } = cluster.reconcile();
        const acts = hasManaged ? MANAGES : ACTS;
        const foreseen = said.flatMap(({ node, outcome }) => (acts.includes(outcome) ? [[node, outcome]] : []));
        // What waits until nothing is left to manage is foreseen again in the next step.
        if (hasManaged) expect(Object.fromEntries(foreseen)).toMatchObject(Object.fromEntries(done));
        else expect(Object.fromEntries(foreseen)).toEqual(Object.fromEntries(done));
        cluster.obey();
      }
    });
    fc.assert(cases, propertyRuns(100));
  });

  it('is what has become of the pods in the end, when nothing holds them', () => {
    const cases = fc.property(nodes, manifests, manifests, (fleet, before, after) => {
      const cluster = new Cluster(fleet, unheld(before));
      cluster.settle();
      const had = cluster.uids();
      const proposed = unheld(after);
      const preview = previewChange(cluster.daemonSet, proposed, fleet, cluster.pods, isSameTemplate(before, after));
      cluster.apply(proposed);
      cluster.settle();
      const has = cluster.uids();
      const names = fleet.map(nameOf);
      const pick = (test: (old: string[], now: string[]) => boolean): string[] =>
        names.filter((node) => test(had.get(node) ?? [], has.get(node) ?? []));
      expect(preview).toEqual({
        gain: pick((old, now) => old.length === 0 && now.length === 1),
        lose: pick((old, now) => old.length === 1 && now.length === 0),
        restart: pick((old, now) => old.length === 1 && now.length === 1 && old[0] !== now[0]),
      });
    });
    fc.assert(cases, propertyRuns(100));
  });
});
