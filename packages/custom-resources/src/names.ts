import { type CustomResourceDefinition, isConditionTrue, type Stored, withCondition } from '@everynode/objects';
import { approvalCondition } from './api-approval.js';

type Definition = Stored<CustomResourceDefinition>;
type Status = NonNullable<Definition['status']>;
type Names = NonNullable<Status['acceptedNames']>;
type Condition = NonNullable<Status['conditions']>[number];

/**
 * The status of a definition whose names are compared with those that all of its group have accepted, itself included:
 * names are accepted one by one, and it is established when all are; then it stays so. `now` as metadata has times.
 * Source: apiextensions-apiserver pkg/controller/status/naming_controller.go, pkg/controller/establish.
 */
export function statusOf(crd: Definition, accepted: readonly Names[], now: string): Status {
  const { names } = crd.spec;
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
  else delete next.categories;
  const established = isConditionTrue(crd.status, 'Established');
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
  const approval = approvalCondition(crd);
  const conditions = [named, serving, ...(approval ? [approval] : [])].reduce<readonly Condition[]>(
    (before, one) => withCondition(before, one, now),
    crd.status?.conditions ?? [],
  );
  return { ...crd.status, acceptedNames: next, conditions: [...conditions] };
}
