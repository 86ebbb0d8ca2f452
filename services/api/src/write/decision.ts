import type { KubeObject } from '@everynode/objects';
import { isSameValue } from '@everynode/patch';
import type { Current } from '@everynode/store';
import type { AnsweredDecision } from './commit.js';
import { refuseBeyondEtcd } from './size-limit.js';
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
  refuseBeyondEtcd(target.definition, object, parts);
  return { kind: 'update', parts: changed, placement, deleting };
}

/** Equal but for the order of members, which depends on how an object came here. */
function isSame(after: string | null, before: string | null | undefined): boolean {
  if (after === (before ?? null)) return true;
  if (!after || !before || !hasSameCharacters(after, before)) return false;
  return isSameValue(JSON.parse(after), JSON.parse(before));
}

/**
 * False for texts that do not have the same characters the same number of times. Both sides are what JSON.stringify
 * writes, so equal values have them in any order of members. To count is much faster than to parse: most writes change
 * something, if only the time of a field manager.
 */
function hasSameCharacters(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  const [counts, others] = [countsOf(one), countsOf(other)];
  return counts.every((count, character) => count === others[character]);
}

function countsOf(text: string): Int32Array {
  const counts = new Int32Array(CHARACTERS);
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at) % CHARACTERS;
    counts[character] = (counts[character] ?? 0) + 1;
  }
  return counts;
}

/** Characters are counted together that differ by a multiple of this: two texts then look the same more often. */
const CHARACTERS = 256;

/**
 * True when only finalizers of the metadata held the deleted object. A pod is also held by its agent, until its grace
 * period is zero; a namespace by the finalizers of its spec.
 */
function isReleased(object: KubeObject): boolean {
  const held = object.spec as { finalizers?: string[] } | undefined;
  if (object.kind === 'Namespace' && held?.finalizers?.length) return false;
  return (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}
