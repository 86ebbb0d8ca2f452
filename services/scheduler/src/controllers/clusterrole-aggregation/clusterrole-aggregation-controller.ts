import { aggregatedRules, isSelected } from '@everynode/authorization';
import { isChangeOf, type ObjectCache, type ObjectChange, type ReconcileResult } from '@everynode/list-watch';
import { canonicalJson, type LabelSelector, type PolicyRule, type StoredKinds } from '@everynode/objects';
import type { Decision, Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { ShardedQueue } from '../sharded-queue.js';

const ROLES = 'clusterroles.rbac.authorization.k8s.io';
const WORKERS = 2;

type ClusterRole = StoredKinds[typeof ROLES];

/**
 * Writes into every ClusterRole with an aggregation rule the rules of the ClusterRoles that it selects, so that clients
 * and authorizers see them. Source: pkg/controller/clusterroleaggregation.
 */
export class ClusterRoleAggregationController implements Controller {
  readonly name = 'clusterrole-aggregation';
  readonly #context: SchedulerContext;
  readonly #queue: ShardedQueue;
  readonly #roles: ObjectCache<ClusterRole>;
  /** The selectors of the roles that aggregate, by name. */
  readonly #selectors = new Map<string, readonly LabelSelector[]>();

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#roles = context.reflector.cache(ROLES);
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (name, fence) => this.#reconcile(name, fence),
      keys: () => [...this.#selectors.keys()],
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #onChanges(changes: readonly ObjectChange[]): void {
    for (const change of changes) if (isChangeOf(change, ROLES)) this.#onRole(change);
  }

  #onRole({ type, previous, current }: ObjectChange<ClusterRole>): void {
    const { name } = current.record;
    const selectors = current.desired.aggregationRule?.clusterRoleSelectors;
    if (type !== 'DELETED' && selectors?.length) {
      this.#selectors.set(name, selectors);
      this.#queue.add(name);
    } else this.#selectors.delete(name);
    for (const [aggregating, wanted] of this.#selectors) {
      if (aggregating === name) continue;
      if (isSelected(wanted, current.labels) || isSelected(wanted, previous?.labels)) this.#queue.add(aggregating);
    }
  }

  async #reconcile(name: string, fence: Fence): Promise<ReconcileResult> {
    const selectors = this.#selectors.get(name);
    if (!selectors || !this.#roles.get('', name)) return undefined;
    const all = Array.from(this.#roles.list(), ({ record, labels, desired }) => ({
      name: record.name,
      labels,
      rules: desired.rules,
    }));
    const rules = aggregatedRules(name, selectors, all);
    const { revision } = await this.#context.store.write({
      key: { resource: ROLES, namespace: '', name },
      reads: 'all',
      fence,
      decide: (current) => (current ? decideRules(current.desired, rules) : { kind: 'keep' }),
    });
    await caughtUp(this.#context, revision);
    return undefined;
  }
}

/** `desired` is the stored text of the role beside its metadata. */
function decideRules(desired: string, rules: PolicyRule[]): Decision {
  const role = JSON.parse(desired) as Pick<ClusterRole, 'aggregationRule' | 'rules'>;
  // The rule may have been taken away a moment ago.
  if (!role.aggregationRule || canonicalJson(role.rules ?? []) === canonicalJson(rules)) return { kind: 'keep' };
  return { kind: 'update', parts: { desired: JSON.stringify({ ...role, rules }) } };
}
