/**
 * The facts of one field that a patch needs. The names are those of the OpenAPI extensions
 * (`x-kubernetes-patch-merge-key` without its prefix), so facts of the published documents need no conversion.
 */
export interface FieldFacts {
  /** Name of the type of the value. */
  readonly ref?: string | undefined;
  /** Of the elements, when the value is a list. */
  readonly arrayOf?: FieldFacts | undefined;
  /** Of the members, when the value is a map with free keys. */
  readonly mapOf?: FieldFacts | undefined;
  /** The member by which items of a merged list are matched: `name`. */
  readonly 'patch-merge-key'?: string | undefined;
  /**
   * `merge`, `replace`, `retainKeys`, or two of them with a comma. When it is missing, lists are replaced and maps
   * merged.
   */
  readonly 'patch-strategy'?: string | undefined;
}

/** The facts of one type that a patch needs. Types without fields (quantities, times, raw extensions) are opaque. */
export interface TypeFacts {
  readonly fields?: Readonly<Record<string, FieldFacts>> | undefined;
}

/** Returns a type by its name in the schema (`io.k8s.api.apps.v1.DaemonSet`); undefined when there is none. */
export type LookupType = (name: string) => TypeFacts | undefined;

/** How a patch changes one field. */
interface FieldStrategy {
  /** True for lists whose items are matched and merged; other lists are replaced. */
  mergesList: boolean;
  /** True for maps that are replaced and not merged. */
  replacesMap: boolean;
  /** True when a diff must name the keys to keep. */
  retainsKeys: boolean;
  /** Absent for lists of primitives. */
  mergeKey: string | undefined;
}

/** The facts of the member `key` of a value with these facts; undefined when the schema does not know it. */
export function memberFacts(
  facts: FieldFacts | undefined,
  key: string,
  lookupType: LookupType,
): FieldFacts | undefined {
  if (facts?.mapOf) return facts.mapOf;
  if (facts?.ref === undefined) return undefined;
  const fields = lookupType(facts.ref)?.fields;
  return fields && Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** Reads the words of a strategy (apimachinery strategicpatch). */
export function strategyOf(facts: FieldFacts | undefined): FieldStrategy {
  const words = (facts?.['patch-strategy'] ?? '').split(',');
  return {
    mergesList: words.includes('merge'),
    replacesMap: words.includes('replace'),
    retainsKeys: words.includes('retainKeys'),
    mergeKey: facts?.['patch-merge-key'],
  };
}
