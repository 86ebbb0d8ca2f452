import type { CustomResourceDefinition, Stored } from '@everynode/objects';

type Definition = Stored<CustomResourceDefinition>;
type Status = NonNullable<Definition['status']>;
type Condition = NonNullable<Status['conditions']>[number];

/**
 * The status of a definition whose names are compared with those that others of its group have accepted: names are
 * accepted one by one, and it is established when all are. Source: pkg/controller/status/naming_controller.go and
 * pkg/controller/establish. `now` as metadata has times.
 */
export function statusOf(crd: Definition, others: readonly Definition[], now: string): Status {
  const { names, group } = crd.spec;
  const taken = others.filter(({ spec, metadata }) => spec.group === group && metadata.name !== crd.metadata.name);
  const accepted = taken.flatMap(({ status }) => (status?.acceptedNames ? [status.acceptedNames] : []));
  const resources = new Set(
    accepted.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames]),
  );
  const kinds = new Set(accepted.flatMap(({ kind, listKind }) => [kind, listKind]));
  const own = { kind: '', plural: '', ...crd.status?.acceptedNames };
  const next = { ...own };
  let conflict: { reason: string; message: string } | undefined;
  const inUse = (name: string) => `${JSON.stringify(name)} is already in use`;
  const take = (member: 'plural' | 'singular' | 'kind' | 'listKind', reason: string, used: Set<string | undefined>) => {
    const wanted = names[member] ?? '';
    if (wanted !== own[member] && used.has(wanted)) conflict = { reason, message: inUse(wanted) };
    else next[member] = wanted;
  };
  take('plural', 'PluralConflict', resources);
  take('singular', 'SingularConflict', resources);
  const short = (names.shortNames ?? []).filter((name) => !own.shortNames?.includes(name) && resources.has(name));
  if (short.length > 0) {
    const texts = short.map(inUse);
    conflict = {
      reason: 'ShortNamesConflict',
      message: texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`,
    };
  } else if (names.shortNames) next.shortNames = names.shortNames;
  else delete next.shortNames;
  take('kind', 'KindConflict', kinds);
  take('listKind', 'ListKindConflict', kinds);
  if (names.categories) next.categories = names.categories;
  const established = conditionOf(crd, 'Established')?.status === 'True';
  const named: Condition = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  const serving: Condition =
    established || !conflict
      ? {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        }
      : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  return {
    ...crd.status,
    acceptedNames: next,
    conditions: withCondition(withCondition(crd.status?.conditions ?? [], named, now), serving, now),
  };
}

export const conditionOf = ({ status }: Definition, type: string): Condition | undefined =>
  status?.conditions?.find((one) => one.type === type);

/** Returns the conditions with one set. Its time changes with its status. */
export function withCondition(conditions: readonly Condition[], wanted: Condition, now: string): Condition[] {
  const before = conditions.find(({ type }) => type === wanted.type);
  const lastTransitionTime = before?.status === wanted.status ? (before.lastTransitionTime ?? now) : now;
  const next = { ...wanted, lastTransitionTime };
  return before ? conditions.map((one) => (one === before ? next : one)) : [...conditions, next];
}
