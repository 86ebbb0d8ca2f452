import { canonicalJson, type FieldFacts, lookupType, missingValues, type TypeFacts } from '@everynode/objects';
import { isMap, type JsonMap } from '../json.js';

/** How apply treats the values of a field. Source: structured-merge-diff, schema/elements.go, Atom. */
export type Atom = Leaf | FieldsAtom | ItemsAtom;

/** A scalar, or a list or map that is owned as a whole. */
interface Leaf {
  readonly kind: 'leaf';
}

/** A struct, or a map whose keys are data, as labels are. */
export interface FieldsAtom {
  readonly kind: 'fields';
  /** False for a key of a map, and for one that the schema does not know. */
  isNamed(key: string): boolean;
  member(key: string): Atom;
  /** Fields that Go never leaves out, with the values that they have without one. */
  readonly missing: readonly (readonly [key: string, value: unknown])[];
}

/** A list whose items are found by their keys or, in a set, by their values. */
export interface ItemsAtom {
  readonly kind: 'items';
  /** The item's step in a FieldSet. */
  step(item: unknown): string;
  /** The key that an item lacks and that has no default; undefined where it lacks none. */
  missingKey(item: unknown): string | undefined;
  readonly item: Atom;
}

const LEAF: Leaf = { kind: 'leaf' };

/** Of the whole objects of a type, by its name in the schema. */
export function atomOfType(name: string): Atom {
  const facts = lookupType(name);
  if (!facts) return LEAF;
  const known = types.get(facts);
  if (known) return known;
  const made = facts.fields && facts['map-type'] !== 'atomic' ? new Struct(name, facts) : LEAF;
  types.set(facts, made);
  return made;
}

/** By the facts: those of a name change when clients define it anew. */
const types = new WeakMap<TypeFacts, Atom>();

/** Of values that an open type has no field for: maps by their keys, and lists as a whole. */
const DEDUCED: Atom = { kind: 'fields', isNamed: () => false, member: () => DEDUCED, missing: [] };

/** The atom of these values: what is not known beforehand shows in them. Undefined values show nothing. */
export function atomFor(atom: Atom, value: unknown, other?: unknown): Atom {
  if (atom !== DEDUCED) return atom;
  const isShown = (one: unknown): boolean => one === undefined || isMap(one);
  return isShown(value) && isShown(other) ? atom : LEAF;
}

/** Types refer to each other in circles, so fields are read when they are first asked for. */
class Struct implements FieldsAtom {
  readonly kind = 'fields';
  readonly missing: FieldsAtom['missing'];
  readonly facts: Readonly<Record<string, FieldFacts>>;
  readonly #atoms = new Map<string, Atom>();
  readonly #isOpen: boolean;

  constructor(type: string, { fields = {}, open = false }: TypeFacts) {
    this.facts = fields;
    this.#isOpen = open;
    this.missing = missingValues(type);
  }

  isNamed(key: string): boolean {
    return Object.hasOwn(this.facts, key);
  }

  member(key: string): Atom {
    const known = this.#atoms.get(key);
    if (known) return known;
    const atom = this.isNamed(key) ? atomOf(this.facts[key]) : this.#isOpen ? DEDUCED : LEAF;
    // Keys that the schema does not know are a client's, and must not fill the memory.
    if (this.isNamed(key)) this.#atoms.set(key, atom);
    return atom;
  }
}

function atomOf(facts: FieldFacts | undefined): Atom {
  if (!facts || facts['map-type'] === 'atomic') return LEAF;
  if (facts.mapOf) {
    const value = atomOf(facts.mapOf);
    return { kind: 'fields', isNamed: () => false, member: () => value, missing: [] };
  }
  if (facts.arrayOf) return listAtom(facts);
  return facts.ref === undefined ? LEAF : atomOfType(facts.ref);
}

function listAtom(facts: FieldFacts): Atom {
  const { arrayOf } = facts;
  if (facts['list-type'] === 'set') {
    return { kind: 'items', step: (item) => `v:${canonicalJson(item)}`, missingKey: () => undefined, item: LEAF };
  }
  const keys = facts['list-map-keys'];
  if (facts['list-type'] !== 'map' || !keys || !arrayOf) return LEAF;
  const known = arrayOf.ref === undefined ? undefined : lookupType(arrayOf.ref)?.fields;
  const step = (item: unknown): string => {
    const named: JsonMap = {};
    for (const key of keys) {
      const value = (isMap(item) ? item[key] : undefined) ?? known?.[key]?.default;
      if (value !== undefined) named[key] = value;
    }
    return `k:${canonicalJson(named)}`;
  };
  const lacks = (item: JsonMap, key: string): boolean => item[key] === undefined && known?.[key]?.default === undefined;
  const missingKey = (item: unknown): string | undefined =>
    isMap(item) ? keys.find((key) => lacks(item, key)) : undefined;
  return { kind: 'items', step, missingKey, item: atomOf(arrayOf) };
}
