import type { PolicyRule } from '@everynode/objects';
import type { User } from '../attributes.js';
import type { UserRules } from '../authorizer.js';
import { quoted, quotedList } from '../go-quote.js';
import { matchesPath } from './rule-match.js';

/**
 * Splits a rule into rules of one verb and one group, resource and name, or path.
 * Source: component-helpers/auth/rbac/validation/policy_comparator.go, BreakdownRule.
 */
function breakDown({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule) {
  const pieces: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const piece = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) pieces.push(piece);
        for (const name of resourceNames) pieces.push({ ...piece, resourceNames: [name] });
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) pieces.push({ nonResourceURLs: [url], verbs: [verb] });
  return pieces;
}

const holds = (list: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean =>
  Boolean(list?.includes('*')) || (wanted ?? []).every((one) => list?.includes(one));

const holdsResource = (list: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean =>
  Boolean(list?.includes('*')) ||
  (wanted ?? []).every((one) => {
    if (list?.includes(one)) return true;
    const slash = one.indexOf('/');
    return slash >= 0 && Boolean(list?.includes(`*${one.slice(slash)}`));
  });

function covers(owner: PolicyRule, piece: PolicyRule): boolean {
  const names = owner.resourceNames ?? [];
  const wantedNames = piece.resourceNames ?? [];
  return (
    holds(owner.verbs, piece.verbs) &&
    holds(owner.apiGroups, piece.apiGroups) &&
    holdsResource(owner.resources, piece.resources) &&
    (piece.nonResourceURLs ?? []).every((url) => owner.nonResourceURLs?.some((one) => matchesPath(one, url))) &&
    (names.length === 0 || (wantedNames.length > 0 && wantedNames.every((name) => names.includes(name))))
  );
}

/** The pieces of the wanted rules that no single rule of the owner covers. Source: same file, Covers. */
export function missingRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((piece) => !owned.some((rule) => covers(rule, piece)));
}

/** Joins the verbs of rules that are otherwise equal. Source: pkg/registry/rbac/validation/policy_compact.go. */
function compacted(rules: readonly PolicyRule[]): PolicyRule[] {
  const others: PolicyRule[] = [];
  const simple = new Map<string, PolicyRule>();
  for (const rule of rules) {
    if (rule.nonResourceURLs?.length) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const known = simple.get(key);
    if (known) known.verbs.push(...rule.verbs);
    else simple.set(key, { ...rule, verbs: [...rule.verbs] });
  }
  return [...others, ...simple.values()];
}

const PRINTED = [
  ['APIGroups', 'apiGroups'],
  ['Resources', 'resources'],
  ['NonResourceURLs', 'nonResourceURLs'],
  ['ResourceNames', 'resourceNames'],
  ['Verbs', 'verbs'],
] as const;

/** Source: pkg/apis/rbac/v1/evaluation_helpers.go, CompactString. */
function printed(rule: PolicyRule): string {
  const parts = PRINTED.flatMap(([title, key]) => (rule[key]?.length ? [`${title}:${quotedList(rule[key])}`] : []));
  return `{${parts.join(', ')}}`;
}

/**
 * Why a user may not give these rules to others: it does not hold them all. Undefined where it does.
 * Source: pkg/registry/rbac/validation/rule.go, ConfirmNoEscalation.
 */
export function escalation({ user, groups }: User, held: UserRules, wanted: readonly PolicyRule[]): string | undefined {
  const missing = missingRules(held.rules, wanted);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compacted(missing).map(printed))].sort();
  const who = `user ${quoted(user)} (groups=${quotedList(groups)})`;
  const text = `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`;
  return held.errors.length > 0 ? `${text}; resolution errors: [${held.errors.join(' ')}]` : text;
}
