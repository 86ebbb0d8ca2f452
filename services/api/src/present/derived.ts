import type { CachedObject } from '@everynode/list-watch';
import type { ResourceDefinition, RowAt } from '@everynode/objects';

/** Results that presenters keep for one version of an object. They are small. */
export class Derived {
  /** The object's row in tables of `definition`. */
  row: { definition: ResourceDefinition; at: RowAt } | undefined;
  /** Its length in bytes in one protobuf form, the last that was asked for. */
  encoded: { form: string; length: number } | undefined;
}

export function derivedOf(object: CachedObject): Derived {
  if (object.derived instanceof Derived) return object.derived;
  const derived = new Derived();
  object.derived = derived;
  return derived;
}
