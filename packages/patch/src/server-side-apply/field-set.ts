import { compareKeys, isMap, type JsonMap } from '../json.js';
import type { Atom } from './atom.js';

/**
 * Paths of an object in the form of managedFields (fieldsV1): a tree whose steps are `f:NAME` for a field, `k:{KEYS}`
 * for an item of an associative list, and `v:VALUE` for one of a set. A FieldSet never changes after it is made.
 */
export class FieldSet {
  private constructor(
    /** True when the path to here is in the set. Paths below it do not matter. */
    readonly member: boolean,
    readonly below: ReadonlyMap<string, FieldSet>,
  ) {}

  static readonly none = new FieldSet(false, new Map());
  static readonly one = new FieldSet(true, new Map());

  /** Steps with nothing below are left out. */
  static of(member: boolean, below: Iterable<readonly [step: string, set: FieldSet]>): FieldSet {
    const kept = new Map<string, FieldSet>();
    for (const [step, set] of below) if (!set.isEmpty) kept.set(step, set);
    return FieldSet.ofKept(member, kept);
  }

  /** The set of the steps of a path, and no other: `FieldSet.ofPath(['f:metadata', 'f:name'])`. */
  static ofPath([step, ...rest]: readonly string[]): FieldSet {
    return step === undefined ? ONE_FIELD : FieldSet.of(false, [[step, FieldSet.ofPath(rest)]]);
  }

  get isEmpty(): boolean {
    return !this.member && this.below.size === 0;
  }

  at(step: string): FieldSet {
    return this.below.get(step) ?? NO_FIELDS;
  }

  /** The set with the path to here. */
  asMember(): FieldSet {
    return this.member ? this : FieldSet.of(true, this.below);
  }

  /** The union of many sets: each step is written once, and not once for every set before it. */
  static unionOf(sets: readonly FieldSet[]): FieldSet {
    if (sets.length <= 1) return sets[0] ?? NO_FIELDS;
    const steps = new Map<string, FieldSet[]>();
    for (const { below } of sets) {
      for (const [step, set] of below) {
        const known = steps.get(step);
        if (known) known.push(set);
        else steps.set(step, [set]);
      }
    }
    return FieldSet.of(
      sets.some(({ member }) => member),
      [...steps].map(([step, below]) => [step, FieldSet.unionOf(below)] as const),
    );
  }

  /** Returns this set itself where the other one adds nothing. */
  union(other: FieldSet): FieldSet {
    if (other.isEmpty || other === this) return this;
    if (this.isEmpty) return other;
    const changes = changesBelow(other, (step, set) => {
      const [here, both] = [this.at(step), this.at(step).union(set)];
      return both === here ? undefined : both;
    });
    return this.with(this.member || other.member, changes);
  }

  /** The paths that are not in the other set. Those below such a path stay. Returns this set itself for all of them. */
  minus(other: FieldSet): FieldSet {
    if (this.isEmpty || other.isEmpty) return this;
    return this.with(
      this.member && !other.member,
      this.changesBy(other, (set, taken) => set.minus(taken)),
    );
  }

  /** The paths that are not in the other set, nor below one that is. */
  minusAllOf(other: FieldSet): FieldSet {
    if (this.isEmpty || other.isEmpty) return this;
    if (other.member) return NO_FIELDS;
    return this.with(
      this.member,
      this.changesBy(other, (set, taken) => set.minusAllOf(taken)),
    );
  }

  intersection(other: FieldSet): FieldSet {
    if (this.isEmpty || other.isEmpty) return NO_FIELDS;
    const [few, many] = this.below.size <= other.below.size ? [this, other] : [other, this];
    const below = changesBelow(few, (step, set) => {
      const found = many.below.get(step);
      return found && set.intersection(found);
    });
    return FieldSet.of(this.member && other.member, below);
  }

  /** The paths that are in the other set, or lead to one of it. */
  onTheWayTo(other: FieldSet): FieldSet {
    const below = [...this.below].map(([step, set]) => [step, set.onTheWayTo(other.at(step))] as const);
    return FieldSet.of(this.member && !other.isEmpty, below);
  }

  /** What is other below the steps that both sets have. */
  private changesBy(other: FieldSet, change: (set: FieldSet, taken: FieldSet) => FieldSet): Steps {
    const fewer = this.below.size <= other.below.size ? this : other;
    return changesBelow(fewer, (step) => {
      const [here, there] = [this.below.get(step), other.below.get(step)];
      const changed = here && there && change(here, there);
      return changed === here ? undefined : changed;
    });
  }

  /** This set with other sets below some steps. Most writes change few of the fields of a manager. */
  private with(member: boolean, changes: Steps): FieldSet {
    if (changes.length === 0) return member === this.member ? this : FieldSet.ofKept(member, this.below);
    const below = new Map(this.below);
    for (const [step, set] of changes) {
      if (set.isEmpty) below.delete(step);
      else below.set(step, set);
    }
    return FieldSet.ofKept(member, below);
  }

  /** As `of`, for steps that all have something below. */
  private static ofKept(member: boolean, below: ReadonlyMap<string, FieldSet>): FieldSet {
    if (below.size > 0) return new FieldSet(member, below);
    return member ? ONE_FIELD : NO_FIELDS;
  }

  /** The set with the fields of structs that have a path below them: removing it then leaves no empty struct. */
  withNamedFields(atom: Atom): FieldSet {
    const below = [...this.below].map(([step, set]): [string, FieldSet] => {
      if (atom.kind === 'items') return [step, set.withNamedFields(atom.item)];
      if (atom.kind === 'leaf' || !step.startsWith('f:')) return [step, set];
      const key = step.slice(2);
      const inner = set.withNamedFields(atom.member(key));
      return [step, set.below.size > 0 && atom.isNamed(key) ? inner.asMember() : inner];
    });
    return FieldSet.of(this.member, below);
  }

  equals(other: FieldSet): boolean {
    if (this.member !== other.member || this.below.size !== other.below.size) return false;
    for (const [step, set] of this.below) if (!set.equals(other.at(step))) return false;
    return true;
  }

  /** The form in managedFields: `{"f:spec":{".":{},"f:replicas":{}}}`, steps sorted. */
  toFieldsV1(): JsonMap {
    const fields: JsonMap = {};
    if (this.member && this.below.size > 0) fields['.'] = {};
    for (const step of [...this.below.keys()].sort(compareKeys)) fields[step] = this.at(step).toFieldsV1();
    return fields;
  }

  static fromFieldsV1(fields: unknown): FieldSet {
    const from = (value: unknown, top: boolean): FieldSet => {
      const steps = isMap(value) ? value : {};
      const below = new Map<string, FieldSet>();
      let isLeaf = true;
      for (const step of Object.keys(steps)) {
        isLeaf = false;
        // As upstream, steps of a kind that is not known are left out.
        if (!/^[fvki]:/.test(step)) continue;
        const set = from(steps[step], false);
        if (!set.isEmpty) below.set(step, set);
      }
      return FieldSet.ofKept(!top && (isLeaf || Object.hasOwn(steps, '.')), below);
    };
    return from(fields, true);
  }

  /**
   * The paths as text, those of one level before those below them: `.spec.template.spec.containers[name="main"].image`.
   */
  paths(prefix = ''): string[] {
    const steps = [...this.below].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      ...steps.filter(([, { member }]) => member).map(([step]) => prefix + pathOfStep(step)),
      ...steps.flatMap(([step, set]) => set.paths(prefix + pathOfStep(step))),
    ];
  }
}

type Steps = (readonly [step: string, set: FieldSet])[];

/** The steps of a set for which `change` returns what comes in place of what is below them. */
function changesBelow({ below }: FieldSet, change: (step: string, set: FieldSet) => FieldSet | undefined): Steps {
  const changes: Steps = [];
  for (const [step, set] of below) {
    const changed = change(step, set);
    if (changed) changes.push([step, changed]);
  }
  return changes;
}

/** The empty set. */
export const NO_FIELDS: FieldSet = FieldSet.none;
/** The set of only the path to here. */
export const ONE_FIELD: FieldSet = FieldSet.one;

/** A step as text: `.name`, `[name="main"]`, `[="value"]`. */
export function pathOfStep(step: string): string {
  const rest = step.slice(2);
  if (step.startsWith('f:')) return `.${rest}`;
  if (step.startsWith('v:')) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as JsonMap).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `[${keys.join(',')}]`;
}
