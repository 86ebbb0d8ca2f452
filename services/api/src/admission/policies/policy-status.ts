import type { CachedObject } from '@everynode/list-watch';
import { resourceByStorage, type StoredKinds } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import { commit } from '../../write/commit.js';
import { decisionFor } from '../../write/decision.js';
import { objectOf } from '../../write/stored-object.js';
import type { Target } from '../../write/target.js';
import { checkTypes } from './check-types.js';
import { POLICIES } from './stored-policies.js';

type Policy = StoredKinds[typeof POLICIES];

/**
 * Writes what the check of types finds into the status of each policy, once for each generation. Every replica may: the
 * first one writes, and the others find it done. Source: pkg/controller/validatingadmissionpolicystatus.
 */
export class PolicyStatusWriter {
  readonly #context: ApiContext;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  /** Follows the policies until the signal of the context aborts. */
  start(): void {
    const { reflector } = this.#context;
    reflector.addListener({
      onChanges: (changes) => {
        for (const { type, current } of changes) {
          if (current.record.resource === POLICIES && type !== 'DELETED') this.#look(current as CachedObject<Policy>);
        }
      },
    });
    for (const policy of reflector.cache(POLICIES).list()) this.#look(policy as CachedObject<Policy>);
  }

  #look(policy: CachedObject<Policy>): void {
    const { generation, deletionTimestamp } = policy.metadata;
    if (deletionTimestamp !== undefined || policy.status?.observedGeneration === generation) return;
    this.#write(policy.record.name).catch((err: unknown) => {
      this.#context.log.warn({ err, policy: policy.record.name }, 'the status of a policy cannot be written');
    });
  }

  async #write(name: string): Promise<void> {
    const target: Target = { definition: resourceByStorage(POLICIES), namespace: '', name };
    await commit(this.#context, {
      target,
      dryRun: false,
      decide: (current) => {
        if (!current) return { kind: 'keep' };
        const policy = objectOf(target, current) as Policy;
        const { generation } = policy.metadata;
        if (generation === undefined || policy.status?.observedGeneration === generation) return { kind: 'keep' };
        const expressionWarnings = checkTypes(policy);
        const typeChecking = expressionWarnings.length > 0 ? { expressionWarnings } : {};
        policy.status = { ...policy.status, observedGeneration: generation, typeChecking };
        return decisionFor(target, policy, current);
      },
    });
  }
}
