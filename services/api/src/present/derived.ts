import type { CachedObject } from '@everynode/list-watch';
import type { ResourceDefinition, RowAt } from '@everynode/objects';

/** What presenters have worked out for one version of an object, and do not want to work out again. It is small. */
export class Derived {
  /** Its row in tables, as `definition` shows it. */
  row: { definition: ResourceDefinition; at: RowAt } | undefined;
  /** How many bytes it takes in the protobuf form that is named, the one asked for last. */
  encoded: { form: string; length: number } | undefined;
}

export function derivedOf(object: CachedObject): Derived {
  if (object.derived instanceof Derived) return object.derived;
  const derived = new Derived();
  object.derived = derived;
  return derived;
}
