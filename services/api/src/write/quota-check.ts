import { chargeQuotas, countingQuota, countsByContent, isCounted, type KubeObject } from '@everynode/objects';
import { type Current, type Decision, isBounded } from '@everynode/store';
import type { ApiContext } from '../api-context.js';
import { objectOf } from './stored-object.js';
import type { Target } from './target.js';

/**
 * Refuses a dry run that the quotas of its namespace would not allow as a write. What is written is held to them in the
 * store, by the commit that counts it. @throws ApiError Forbidden
 */
export function refuseBeyondQuotas(
  { reflector }: ApiContext,
  target: Target,
  decision: Decision,
  current: Current<'all'> | undefined,
): void {
  const { definition, namespace, name } = target;
  if (decision.kind === 'keep' || !isBounded(decision) || namespace === '' || !isCounted(definition.storage)) return;
  if (decision.kind === 'update' && !countsByContent(definition.storage)) return;
  const quotas = [...reflector.cache('resourcequotas').list(namespace)];
  if (quotas.length === 0) return;
  const before: KubeObject | undefined = current && objectOf(target, current);
  const head = { uid: '', revision: 0, placement: null, deleting: false, sequence: 0 };
  const after = objectOf(target, { ...head, ...current, ...decision.parts } as Current<'all'>);
  chargeQuotas(
    quotas.map(({ object }) => countingQuota(object)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    { resource: definition.storage, name, before, after, isBounded: true, now: Date.now() },
  );
}
