import { atomOfType } from './atom.js';
import { compareFields } from './compare-fields.js';
import { FieldSet } from './field-set.js';
import { type FieldManager, isSameManager, type Ownership } from './managers.js';
import { type OwnedType, plain } from './ownership.js';
import { toFieldSet } from './to-field-set.js';

/** A writer that records no owners. */
export interface Assumption {
  type: OwnedType;
  live: object;
  managers: readonly Ownership[];
  /** The writer of the whole part. */
  owner: FieldManager;
  /** The part of the object that it writes: `status`. */
  part: string;
  /** In the API's form of times. */
  now: string;
}

/** The owners, with the writer as the owner of what no manager owns of its part: an apply conflicts with it then. */
export function withAssumedOwner({ type, live, managers, owner, part, now }: Assumption): Ownership[] {
  const step = `f:${part}`;
  const atom = atomOfType(type.typeName);
  const owned = FieldSet.unionOf(managers.map(({ fields: own }) => own));
  // What Go has without a value was not reported, nor is a list whose items all have owners the writer's.
  const reported = FieldSet.of(false, [[step, toFieldSet(plain(live), atom).at(step)]]).minus(owned);
  const { added } = compareFields({}, plain(live), atom);
  const fields = added.minus(owned).onTheWayTo(reported);
  if (fields.isEmpty) return [...managers];
  const known = managers.find((other) => isSameManager(other, owner));
  const others = managers.filter((other) => other !== known);
  return [...others, { ...owner, time: now, fields: known ? fields.union(known.fields) : fields }];
}
