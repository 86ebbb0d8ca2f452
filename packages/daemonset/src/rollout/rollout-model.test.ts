import { type DaemonSet, isPodReady, type Node, type Pod } from '@everynode/objects';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import { isPodDeleting, REVISION_LABEL } from '@everynode/workloads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessNode, type NodeAssessment } from '../assessment/assessment.js';
import { compileDaemonSet, eligibilityOf } from '../placement/eligibility.js';
import { decideRollout } from './rollout-decision.js';
import { RolloutLedger } from './rollout-ledger.js';
import { UNHELD } from './rollout-permission.js';

/** A cluster in memory with one DaemonSet, changed by random edits and by passes of the pure reconciler. */
class Model {
  readonly nodes = new Map<string, Node>();
  readonly pods = new Map<string, Pod[]>();
  readonly ledger = new RolloutLedger();
  #revision = 1;
  #created = 0;

  constructor(
    readonly daemonSet: DaemonSet,
    readonly limits: { maxUnavailable: number; maxSurge: number },
  ) {}

  get hash(): string {
    return `r${this.#revision}`;
  }

  get compiled() {
    return compileDaemonSet(this.daemonSet);
  }

  podsOn(node: string): Pod[] {
    return this.pods.get(node) ?? [];
  }

  liveOn(node: string): Pod[] {
    return this.podsOn(node).filter((pod) => !isPodDeleting(pod));
  }

  #assess(node: string): NodeAssessment {
    const state = { node: this.nodes.get(node), pods: this.podsOn(node), currentHash: this.hash, now: 1e12 };
    return assessNode(this.compiled, state);
  }

  look(node: string): void {
    if (this.nodes.has(node)) this.ledger.set(node, this.#assess(node));
    else this.ledger.delete(node);
  }

  /** A ledger of the same state, filled from empty. */
  rebuilt(): RolloutLedger {
    const ledger = new RolloutLedger();
    for (const node of this.nodes.keys()) ledger.set(node, this.#assess(node));
    return ledger;
  }

  addNode(name: string): void {
    if (!this.nodes.has(name)) this.nodes.set(name, { metadata: { name }, spec: {} });
    this.look(name);
  }

  /** The garbage collector deletes the pods of a node that is gone. */
  removeNode(name: string): void {
    this.nodes.delete(name);
    this.pods.delete(name);
    this.look(name);
  }

  taint(name: string, effect: string | undefined): void {
    if (!this.nodes.has(name)) return;
    this.nodes.set(name, { metadata: { name }, spec: effect ? { taints: [{ key: 'k', effect }] } : {} });
    this.look(name);
  }

  changeTemplate(): void {
    this.#revision += 1;
    for (const node of this.nodes.keys()) this.look(node);
  }

  setPods(node: string, change: (pod: Pod) => Pod | undefined): void {
    this.pods.set(
      node,
      this.podsOn(node).flatMap((pod) => change(pod) ?? []),
    );
    this.look(node);
  }

  create(node: string): void {
    this.#created += 1;
    const name = `p${this.#created}`;
    const creationTimestamp = new Date(this.#created * 1000).toISOString();
    const pod: Pod = {
      metadata: {
        name,
        uid: name,
        creationTimestamp: creationTimestamp as never,
        labels: { [REVISION_LABEL]: this.hash },
      },
      spec: { nodeName: node, containers: [] },
      status: { phase: 'Pending' },
    };
    this.pods.set(node, [...this.podsOn(node), pod]);
    this.look(node);
  }

  delete(node: string, { metadata }: Pod): void {
    this.setPods(node, (pod) =>
      pod.metadata?.uid === metadata?.uid
        ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' as never } }
        : pod,
    );
  }

  /** One pass: it manages first, and rolls out only when nothing is left to manage. True when it changed anything. */
  reconcile(): boolean {
    let acted = false;
    for (const [node, { create, deletes }] of [...this.ledger.nodes()]) {
      for (const { pod } of deletes) this.delete(node, pod);
      if (create) this.create(node);
      acted ||= create || deletes.length > 0;
    }
    return acted || this.#rollOut();
  }

  #rollOut(): boolean {
    const { deletes, createOn } = decideRollout(this.ledger, this.daemonSet.spec?.updateStrategy);
    const takesAvailable = deletes.some(({ pod }) => isPodReady(pod));
    const surgesBesideAvailable = createOn.some((node) => this.liveOn(node).some(isPodReady));
    for (const { node, pod } of deletes) this.delete(node, pod);
    for (const node of createOn) this.create(node);
    if (this.limits.maxSurge === 0 && takesAvailable) {
      expect(this.#unavailable()).toBeLessThanOrEqual(this.limits.maxUnavailable);
    }
    // An old pod on a node that is not eligible any more stays until enough other pods serve.
    const surplus = deletes.filter(
      ({ node, pod }) => isPodReady(pod) && !this.eligible().includes(node) && this.liveOn(node).length === 0,
    );
    if (this.limits.maxSurge > 0 && surplus.length > 0)
      expect(this.#serving()).toBeGreaterThanOrEqual(this.eligible().length);
    if (surgesBesideAvailable) expect(this.#doubled()).toBeLessThanOrEqual(this.limits.maxSurge);
    return deletes.length > 0 || createOn.length > 0;
  }

  eligible(): string[] {
    return [...this.nodes].filter(([, node]) => eligibilityOf(this.compiled, node).shouldRun).map(([name]) => name);
  }

  #unavailable(): number {
    return this.eligible().filter((node) => !this.liveOn(node).some(isPodReady)).length;
  }

  /** Nodes with a pod that is available, wherever it is. */
  #serving(): number {
    return [...this.nodes.keys()].filter((node) => this.liveOn(node).some(isPodReady)).length;
  }

  /** Nodes with a pod that serves and another beside it that does not yet. */
  #doubled(): number {
    return [...this.nodes.keys()].filter((node) => {
      const live = this.liveOn(node);
      return live.length > 1 && live.some(isPodReady);
    }).length;
  }

  /** The agents finish their work: deleted pods are gone, and all others are ready. */
  obey(): void {
    for (const node of this.nodes.keys()) {
      this.setPods(node, (pod) => {
        if (isPodDeleting(pod)) return undefined;
        return pod.status?.phase === 'Failed' ? pod : withReady(pod, true);
      });
    }
  }
}

const withReady = (pod: Pod, ready: boolean): Pod => ({
  ...pod,
  status: {
    phase: 'Running',
    conditions: [
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' as never },
    ],
  },
});

const NODES = ['a', 'b', 'c', 'd', 'e', 'f'];
const aNode = fc.constantFrom(...NODES);

type Edit = (model: Model) => void;
const edits: fc.Arbitrary<Edit>[] = [
  aNode.map((node) => (model) => model.addNode(node)),
  aNode.map((node) => (model) => model.removeNode(node)),
  fc.tuple(aNode, fc.constantFrom('NoSchedule', 'NoExecute', undefined)).map(
    ([node, effect]): Edit =>
      (model) =>
        model.taint(node, effect),
  ),
  fc.constant((model) => model.changeTemplate()),
  // Several passes in a row: each has to see the budget that the one before used up.
  fc.integer({ min: 1, max: 3 }).map(
    (passes): Edit =>
      (model) => {
        for (let i = 0; i < passes; i += 1) model.reconcile();
      },
  ),
  fc.constant((model) => model.obey()),
  aNode.map((node) => (model) => model.setPods(node, (pod) => withReady(pod, false))),
  aNode.map((node) => (model) => model.setPods(node, (pod) => ({ ...pod, status: { phase: 'Failed' } }))),
  aNode.map((node) => (model) => model.setPods(node, () => undefined)),
  // A second pod on a node.
  aNode.map((node) => (model) => {
    if (model.nodes.has(node)) model.create(node);
  }),
];

const strategies = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((maxUnavailable) => ({ maxUnavailable, maxSurge: 0 })),
  fc.integer({ min: 1, max: 4 }).map((maxSurge) => ({ maxUnavailable: 0, maxSurge })),
);

const modelOf = (limits: { maxUnavailable: number; maxSurge: number }): Model => {
  const model = new Model(
    {
      metadata: { name: 'd' },
      spec: {
        selector: {},
        template: { spec: { containers: [] } },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: limits },
      },
    },
    limits,
  );
  for (const node of NODES.slice(0, 4)) model.addNode(node);
  model.reconcile();
  model.obey();
  return model;
};

describe('a partition', () => {
  it('leaves as many nodes with the old revision, and updates the others', () => {
    fc.assert(
      fc.property(strategies, fc.integer({ min: 0, max: 6 }), (limits, partition) => {
        const model = modelOf(limits);
        model.obey();
        model.changeTemplate();
        for (let pass = 0; pass < 30; pass += 1) {
          const { deletes, createOn } = decideRollout(model.ledger, model.daemonSet.spec?.updateStrategy, {
            ...UNHELD,
            minOld: partition,
          });
          for (const { node, pod } of deletes) model.delete(node, pod);
          for (const node of createOn) model.create(node);
          model.obey();
          for (const [node, { create }] of [...model.ledger.nodes()]) if (create) model.create(node);
          model.obey();
        }
        const old = [...model.nodes.keys()].filter((node) =>
          model.liveOn(node).some(({ metadata }) => metadata?.labels?.[REVISION_LABEL] !== model.hash),
        );
        expect(old).toHaveLength(Math.min(partition, 4));
      }),
    );
  });
});

describe('any cluster under any edits', () => {
  it('is counted the same event by event as from nothing, and keeps to its budget at every step', () => {
    fc.assert(
      fc.property(strategies, fc.array(fc.oneof(...edits), { maxLength: 40 }), (limits, sequence) => {
        const model = modelOf(limits);
        for (const edit of sequence) {
          edit(model);
          const rebuilt = model.rebuilt();
          expect(model.ledger.counters()).toEqual(rebuilt.counters());
          const [kept, made] = [model.ledger, rebuilt].map((ledger) =>
            decideRollout(ledger, model.daemonSet.spec?.updateStrategy),
          );
          expect([kept?.deletes.length, kept?.createOn.length]).toEqual([made?.deletes.length, made?.createOn.length]);
        }
      }),
      propertyRuns(300),
    );
  });

  it('comes to one live pod of the newest revision on each eligible node', () => {
    fc.assert(
      fc.property(strategies, fc.array(fc.oneof(...edits), { maxLength: 40 }), (limits, sequence) => {
        const model = modelOf(limits);
        for (const edit of sequence) edit(model);
        let passes = 0;
        for (let quiet = 0; quiet < 2; passes += 1) {
          if (passes > 100) throw new Error('it does not settle');
          quiet = model.reconcile() ? 0 : quiet + 1;
          model.obey();
        }
        const eligible = new Set(model.eligible());
        for (const [name, node] of model.nodes) {
          const live = model.liveOn(name);
          const hashes = live.map(({ metadata }) => metadata?.labels?.[REVISION_LABEL]);
          if (eligible.has(name)) expect(hashes).toEqual([model.hash]);
          else if (node.spec?.taints?.[0]?.effect === 'NoExecute') expect(hashes).toEqual([]);
          else expect(live.length).toBeLessThanOrEqual(1);
        }
        expect(model.ledger.counters()).toMatchObject({
          desiredNumberScheduled: eligible.size,
          numberReady: eligible.size,
        });
      }),
      propertyRuns(300),
    );
  });
});
