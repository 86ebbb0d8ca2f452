import { isMap, type JsonMap } from '../json.js';

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

  static none(): FieldSet {
    return new FieldSet(false, new Map());
  }

  /** Steps with nothing below are left out. */
  static of(member: boolean, below: Iterable<[step: string, set: FieldSet]>): FieldSet {
    const kept = new Map([...below].filter(([, set]) => !set.isEmpty));
    return !member && kept.size === 0 ? NO_FIELDS : new FieldSet(member, kept);
  }

  get isEmpty(): boolean {
    return !this.member && this.below.size === 0;
  }

  at(step: string): FieldSet {
    return this.below.get(step) ?? NO_FIELDS;
  }

  union(other: FieldSet): FieldSet {
    return this.#combine(other, (a, b) => a || b);
  }

  minus(other: FieldSet): FieldSet {
    return this.#combine(other, (a, b) => a && !b);
  }

  intersection(other: FieldSet): FieldSet {
    return this.#combine(other, (a, b) => a && b);
  }

  #combine(other: FieldSet, member: (a: boolean, b: boolean) => boolean): FieldSet {
    const steps = new Set([...this.below.keys(), ...other.below.keys()]);
    const below = [...steps].map((step): [string, FieldSet] => [step, this.at(step).#combine(other.at(step), member)]);
    return FieldSet.of(member(this.member, other.member), below);
  }

  equals(other: FieldSet): boolean {
    if (this.member !== other.member || this.below.size !== other.below.size) return false;
    for (const [step, set] of this.below) if (!set.equals(other.at(step))) return false;
    return true;
  }

  /** The set without a step and everything below it. */
  without(step: string): FieldSet {
    return FieldSet.of(
      this.member,
      [...this.below].filter(([other]) => other !== step),
    );
  }

  /** The set with another set below a step. */
  with(step: string, set: FieldSet): FieldSet {
    return FieldSet.of(this.member, [...this.without(step).below, [step, set]]);
  }

  /** The form in managedFields: `{"f:spec":{".":{},"f:replicas":{}}}`, steps sorted. */
  toFieldsV1(): JsonMap {
    const fields: JsonMap = {};
    if (this.member && this.below.size > 0) fields['.'] = {};
    for (const [step, set] of [...this.below].sort(([a], [b]) => (a < b ? -1 : 1))) fields[step] = set.toFieldsV1();
    return fields;
  }

  static fromFieldsV1(fields: unknown): FieldSet {
    const from = (value: unknown, top: boolean): FieldSet => {
      const steps = isMap(value) ? Object.entries(value) : [];
      const below = steps.filter(([step]) => step !== '.');
      const member = !top && (below.length === 0 || below.length < steps.length);
      return FieldSet.of(
        member,
        below.map(([step, inner]): [string, FieldSet] => [step, from(inner, false)]),
      );
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

/** The empty set. */
export const NO_FIELDS: FieldSet = FieldSet.none();
/** The set of only the path to here. */
export const ONE_FIELD: FieldSet = FieldSet.of(true, []);

/** A step as text: `.name`, `[name="main"]`, `[="value"]`. */
export function pathOfStep(step: string): string {
  const rest = step.slice(2);
  if (step.startsWith('f:')) return `.${rest}`;
  if (step.startsWith('v:')) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as JsonMap).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `[${keys.join(',')}]`;
}
