import types from './types.json' with { type: 'json' };

/** Scalars and references; lists and maps hold one of these. `ref` names another type of the schema. */
export interface ValueFacts {
  readonly type?: 'string' | 'integer' | 'boolean' | 'number' | 'object';
  readonly format?: 'int32' | 'int64' | 'byte' | 'date-time' | 'int-or-string';
  readonly ref?: string;
  readonly arrayOf?: ValueFacts;
  readonly mapOf?: ValueFacts;
  /** The values of a closed list, in the order of the alphabet. Source: the constants of the Go type (`+enum`). */
  readonly enum?: readonly string[];
}

/**
 * The facts of one field in the published OpenAPI documents. Strategic merge patches and apply need the merge facts.
 */
export interface FieldFacts extends ValueFacts {
  /** The value of a missing field on the wire. With a zero value here, Go always writes the field. */
  readonly default?: unknown;
  readonly 'list-type'?: 'atomic' | 'set' | 'map';
  readonly 'list-map-keys'?: readonly string[];
  readonly 'map-type'?: 'atomic' | 'granular';
  readonly 'patch-merge-key'?: string;
  readonly 'patch-strategy'?: 'merge' | 'replace' | 'retainKeys' | 'merge,retainKeys';
  /**
   * The scalar is a pointer in Go, which keeps an explicit zero value (`replicas: 0`). A plain field with `omitempty`
   * loses it. The OpenAPI documents do not distinguish the two. Source of this and the next two: the `types.go` files.
   */
  readonly pointer?: true;
  /** The list has no `omitempty`: Go writes it although it is empty. It does not write a null one. */
  readonly keepsEmpty?: true;
  /** Go leaves the zero value out, although the published default says that it is always written. */
  readonly omitEmpty?: true;
}

export interface TypeFacts {
  readonly gvk?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
  readonly required?: readonly string[];
  /** Missing for types with an encoding of their own: Time, Quantity, IntOrString, RawExtension. */
  readonly fields?: Readonly<Record<string, FieldFacts>>;
  readonly type?: 'string' | 'object';
  readonly format?: string;
  readonly oneOf?: readonly string[];
  /** Apply replaces such an object as a whole, in every field. */
  readonly 'map-type'?: 'atomic';
  /**
   * Returns the schema as it is published, of types that clients have defined. References are written as in version 3.
   */
  readonly published?: (dialect: 'v2' | 'v3') => Readonly<Record<string, unknown>>;
  /** True for such a type that also keeps fields that it does not have. */
  readonly open?: boolean;
  /** Reads a value of such a type: it drops what the type does not have, and checks nothing. */
  readonly read?: (value: unknown) => unknown;
}

/** Facts of the Kubernetes 1.36 API, by type name: `io.k8s.api.apps.v1.DaemonSet`. */
const TYPES: ReadonlyMap<string, TypeFacts> = new Map(Object.entries<TypeFacts>(types as Record<string, object>));

/** The names of all types. */
export const TYPE_NAMES: readonly string[] = [...TYPES.keys()];

export function lookupType(name: string): TypeFacts | undefined {
  return TYPES.get(name) ?? customTypes.get(name);
}

const customTypes = new Map<string, TypeFacts>();
const customByKind = new Map<string, string>();

type Gvk = NonNullable<TypeFacts['gvk']>[number];

const kindKey = ({ group, version, kind }: Gvk): string => `${group}/${version}/${kind}`;

/** Replaces the types of one definition of clients. Either side may be empty. */
export function replaceCustomTypes(
  before: ReadonlyMap<string, TypeFacts>,
  after: ReadonlyMap<string, TypeFacts>,
): void {
  for (const [name, facts] of before) {
    // Another definition may have taken the name meanwhile.
    if (customTypes.get(name) !== facts) continue;
    customTypes.delete(name);
    for (const one of facts.gvk ?? []) customByKind.delete(kindKey(one));
  }
  for (const [name, facts] of after) {
    customTypes.set(name, facts);
    for (const one of facts.gvk ?? []) customByKind.set(kindKey(one), name);
  }
}

/** True for a type that clients have defined. */
export const isCustomType = (name: string): boolean => customTypes.has(name);

const CORE = 'io.k8s.apimachinery.pkg';

/** Types whose JSON form is not that of their fields. */
export const TIME = `${CORE}.apis.meta.v1.Time`;
export const MICRO_TIME = `${CORE}.apis.meta.v1.MicroTime`;
export const QUANTITY = `${CORE}.api.resource.Quantity`;
export const INT_OR_STRING = `${CORE}.util.intstr.IntOrString`;

const BY_KIND: ReadonlyMap<string, string> = new Map(
  [...TYPES].flatMap(([name, facts]) => (facts.gvk ?? []).map((gvk): [string, string] => [kindKey(gvk), name])),
);

/** The schema name of a kind: `typeOfKind('apps', 'v1', 'DaemonSet')`. The core group is the empty string. */
export function typeOfKind(group: string, version: string, kind: string): string | undefined {
  const key = kindKey({ group, version, kind });
  return BY_KIND.get(key) ?? customByKind.get(key);
}
