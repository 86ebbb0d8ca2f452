import type { FieldFacts } from '@everynode/objects';
import { isMap } from '../json.js';
import { compareFields, fieldsOf } from './compare-fields.js';
import { FieldSet, NO_FIELDS, ONE_FIELD } from './field-set.js';
import { capUpdaters, type FieldManager, isSameManager, type Ownership } from './managers.js';
import { mergeFields, removeFields } from './merge-fields.js';

/** Fields of the system, which no manager owns. Source: managedfields/internal/stripmeta.go. */
const OF_THE_SYSTEM = [
  'name',
  'generateName',
  'namespace',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
].map((name) => `f:${name}`);

/** The type of an object, and which part of it a request writes. */
export interface ApplyTarget {
  /** Name of its type in the schema. */
  typeName: string;
  /** What the write may change, and therefore own: only the status, or, where this is empty, all but the status. */
  subresource: '' | 'status';
  /** True when there is a status subresource: an ordinary write then does not change the status. */
  hasStatus: boolean;
  /** Upstream's writer of the status. It owns every field of the status that no manager owns. */
  statusWriter: string;
}

const factsOf = ({ typeName }: ApplyTarget): FieldFacts => ({ ref: typeName });

function ownable(fields: FieldSet, { subresource, hasStatus }: ApplyTarget): FieldSet {
  let metadata = FieldSet.of(false, fields.at('f:metadata').below);
  for (const step of OF_THE_SYSTEM) metadata = metadata.without(step);
  const own = fields.without('f:apiVersion').without('f:kind').with('f:metadata', metadata);
  if (subresource === 'status') return FieldSet.of(false, [['f:status', own.at('f:status')]]);
  return hasStatus ? own.without('f:status') : own;
}

/** An object without its managedFields. */
function plain(object: object | undefined): object | undefined {
  if (!object) return undefined;
  const { metadata } = object as { metadata?: unknown };
  if (!isMap(metadata) || metadata.managedFields === undefined) return object;
  const { managedFields: _managedFields, ...others } = metadata;
  return { ...object, metadata: others };
}

const replaceOwner = (managers: readonly Ownership[], owner: Ownership): Ownership[] => [
  ...managers.filter((other) => !isSameManager(other, owner)),
  owner,
];

/** The entry with these fields. Its time changes only when the fields do. */
function ownershipOf(by: FieldManager, fields: FieldSet, before: Ownership | undefined, now: string): Ownership {
  const time = before?.fields.equals(fields) ? before.time : now;
  return { ...by, fields, ...(time !== undefined && { time }) };
}

/**
 * The owners after an ordinary write. The writer alone owns what it added or modified; what it removed has no owner.
 * `before` is undefined for a new object. Source: structured-merge-diff, merge/update.go, Update.
 */
export function ownersAfterUpdate(
  target: ApplyTarget,
  before: object | undefined,
  after: object,
  managers: readonly Ownership[],
  by: FieldManager,
  now: string,
): Ownership[] {
  const { added, modified, removed } = compareFields(plain(before) ?? {}, plain(after), factsOf(target));
  const changed = ownable(added.union(modified), target);
  const lost = ownable(removed, target);
  if (changed.isEmpty && lost.isEmpty) return [...managers];
  const mine = managers.find((other) => isSameManager(other, by));
  const others = managers
    .filter((other) => other !== mine)
    .map((other) => ({ ...other, fields: other.fields.minus(changed).minus(lost) }));
  const fields = (mine?.fields ?? NO_FIELDS).union(changed).minus(lost);
  return capUpdaters(replaceOwner(others, ownershipOf(by, fields, mine, now)).filter((one) => !one.fields.isEmpty));
}

/** Fields that another manager owns with another value. */
export interface ApplyConflict {
  by: FieldManager;
  /** `.spec.minReadySeconds` */
  path: string;
}

/** An apply in two steps: first the merged object, then, when that is in its final form, the owners. */
export interface Apply {
  /** The merged object, which the caller brings into canonical form. */
  object: object;
  /** The owners, or the conflicts with other managers. */
  settle(canonical: object): { owners: Ownership[]; conflicts: ApplyConflict[] };
}

interface ApplyOptions {
  /** True takes over fields that others own with another value. */
  force: boolean;
  /** In the API's form of times. */
  now: string;
  /**
   * What the same client applied last by client-side apply. Unchanged fields of it are no conflict with any owner.
   */
  lastApplied?: object | undefined;
}

/** The manager of objects that were written before managedFields existed. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

/**
 * Applies a configuration. The applier owns what it names. What it named before and names no longer is removed, unless
 * another manager owns it. With `force` it takes over conflicting fields. `live` is undefined for a new object. Source:
 * structured-merge-diff, merge/update.go, Apply; KEP-555.
 */
export function applyConfiguration(
  target: ApplyTarget,
  live: object | undefined,
  config: object,
  known: readonly Ownership[],
  by: FieldManager,
  options: ApplyOptions,
): Apply {
  const facts = factsOf(target);
  const before = plain(live) ?? {};
  const managers = live ? withUnnoted(target, before, known, by, options.now) : known;
  const named = ownable(fieldsOf(plain(config), facts), target);
  const mine = managers.find((other) => isSameManager(other, by));
  const others = managers.filter((other) => other !== mine);
  const keptBy = others.reduce((sum, { fields }) => sum.union(fields), named);
  const merged = mergeFields(before, plain(config), facts);
  const object = mine ? removeFields(merged, mine.fields.minus(keptBy), keptOrSystem(keptBy), facts) : merged;
  return {
    object: object as object,
    settle: (canonical) => {
      const { added, modified, removed } = compareFields(before, plain(canonical), facts);
      const changed = ownable(added.union(modified), target);
      const clashes = others.map((other) => ({ other, clash: other.fields.intersection(changed) }));
      const allowed = options.lastApplied ? stillSo(options.lastApplied, before, facts) : NO_FIELDS;
      const conflicts = clashes.flatMap(({ other: { fields: _fields, ...owner }, clash }) =>
        clash
          .minus(allowed)
          .paths()
          .map((path) => ({ by: owner, path })),
      );
      if (conflicts.length > 0 && !options.force) return { owners: [...managers], conflicts };
      const lost = ownable(removed, target);
      const rest = clashes.map(({ other, clash }) => ({ ...other, fields: other.fields.minus(clash).minus(lost) }));
      const owners = replaceOwner(rest, ownershipOf(by, named, mine, options.now));
      return { owners: owners.filter(({ fields }) => !fields.isEmpty), conflicts: [] };
    },
  };
}

/** Source: managedfields/internal/lastappliedmanager.go. */
function stillSo(lastApplied: object, live: object, facts: FieldFacts): FieldSet {
  return fieldsOf(plain(lastApplied), facts).minus(compareFields(plain(lastApplied), live, facts).modified);
}

/** Fields that no manager can own always stay: an applier cannot remove an object's name. */
const keptOrSystem = (kept: FieldSet): FieldSet =>
  kept.union(
    FieldSet.of(false, [
      ['f:apiVersion', ONE_FIELD],
      ['f:kind', ONE_FIELD],
      [
        'f:metadata',
        FieldSet.of(
          true,
          OF_THE_SYSTEM.map((step): [string, FieldSet] => [step, ONE_FIELD]),
        ),
      ],
    ]),
  );

/**
 * The owners with those that upstream assumes: an object without owners belongs to the manager of old objects, and the
 * rest of a status to its writer, so that an apply conflicts with them.
 */
function withUnnoted(
  target: ApplyTarget,
  live: object,
  known: readonly Ownership[],
  { apiVersion }: FieldManager,
  now: string,
): readonly Ownership[] {
  const isStatus = target.subresource === 'status';
  if (!isStatus && known.length > 0) return known;
  const owned = known.reduce((sum, { fields }) => sum.union(fields), NO_FIELDS);
  const fields = ownable(fieldsOf(live, factsOf(target)), target).minus(owned);
  if (fields.isEmpty) return known;
  const entry = { operation: 'Update', apiVersion, time: now } as const;
  if (!isStatus) return [...known, { ...entry, manager: BEFORE_FIRST_APPLY, fields }];
  const writer = { ...entry, manager: target.statusWriter, subresource: 'status' };
  const noted = known.find((other) => isSameManager(other, writer));
  return replaceOwner(known, { ...writer, fields: fields.union(noted?.fields ?? NO_FIELDS) });
}
