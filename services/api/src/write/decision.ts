import type { KubeObject } from '@everynode/objects';
import { isSameValue } from '@everynode/patch';
import type { Current } from '@everynode/store';
import type { AnsweredDecision } from './commit.js';
import { toStored } from './stored-object.js';
import type { Target } from './target.js';

/** The write that turns the stored object into this one; `keep` where they are equal already. */
export function decisionFor(target: Target, object: KubeObject, current: Current<'all'>): AnsweredDecision {
  const { parts, placement, deleting } = toStored(target.definition, object, current);
  if (deleting && !object.metadata.finalizers?.length && isReleased(object)) return { kind: 'delete', answer: parts };
  const changed = {
    ...(!isSame(parts.metadata, current.metadata) && { metadata: parts.metadata }),
    ...(!isSame(parts.desired, current.desired) && { desired: parts.desired }),
    ...(!isSame(parts.observed, current.observed) && { observed: parts.observed }),
  };
  if (Object.keys(changed).length === 0) return { kind: 'keep' };
  return { kind: 'update', parts: changed, placement, deleting };
}

/** Equal but for the order of members, which depends on how an object came here. */
function isSame(after: string | null, before: string | null | undefined): boolean {
  if (after === (before ?? null)) return true;
  return Boolean(after && before) && isSameValue(JSON.parse(after ?? ''), JSON.parse(before ?? ''));
}

/**
 * True when only finalizers of the metadata held the deleted object. A pod is also held by its agent, until its grace
 * period is zero; a namespace by the finalizers of its spec.
 */
function isReleased(object: KubeObject): boolean {
  const held = object.spec as { finalizers?: string[] } | undefined;
  if (object.kind === 'Namespace' && held?.finalizers?.length) return false;
  return (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}
