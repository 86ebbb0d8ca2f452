import type { NamespaceCondition } from '@everynode/objects';

/** What is left of one resource in a namespace that is being deleted. */
export interface RemainingResource {
  /** The plural name. */
  resource: string;
  /** Empty for the core group. */
  group: string;
  /** How many objects are left. */
  instances: number;
  /** How many of them each finalizer holds. */
  finalizers: ReadonlyMap<string, number>;
}

/** The reason and message of each condition while there is nothing to report, in the order of the status. */
const WELL = {
  NamespaceDeletionDiscoveryFailure: ['ResourcesDiscovered', 'All resources successfully discovered'],
  NamespaceDeletionGroupVersionParsingFailure: ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  NamespaceDeletionContentFailure: [
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  NamespaceContentRemaining: ['ContentRemoved', 'All content successfully removed'],
  NamespaceFinalizersRemaining: ['ContentRemoved', 'All content successfully removed'],
} as const;

type ConditionType = keyof typeof WELL;

/**
 * The conditions of a namespace that is being deleted: what is left in it, and which finalizers hold that. Returns
 * `before` itself when nothing has changed. `now` is an RFC 3339 time.
 * Source: pkg/controller/namespace/deletion/status_condition_utils.go.
 */
export function namespaceConditions(
  before: readonly NamespaceCondition[],
  remaining: readonly RemainingResource[],
  now: string,
): readonly NamespaceCondition[] {
  const found = findings(remaining);
  const known = new Set<string>(Object.keys(WELL));
  const kept = new Map(before.filter(({ type }) => known.has(type)).map((condition) => [condition.type, condition]));
  const next = (Object.keys(WELL) as ConditionType[]).map((type) => {
    const [reason, message] = found[type] ?? WELL[type];
    const status = found[type] ? 'True' : 'False';
    const old = kept.get(type);
    if (old?.status === status && old.reason === reason && old.message === message) return old;
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : now;
    return { type, status, lastTransitionTime, reason, message } as NamespaceCondition;
  });
  if (next.every((condition) => condition === kept.get(condition.type))) return before;
  return [...before.filter(({ type }) => !known.has(type)), ...next];
}

function findings(remaining: readonly RemainingResource[]): Partial<Record<ConditionType, [string, string]>> {
  const left = remaining.filter(({ instances }) => instances > 0);
  if (left.length === 0) return {};
  const resources = left.map(
    ({ resource, group, instances }) => `${resource}.${group} has ${instances} resource instances`,
  );
  const holds = new Map<string, number>();
  for (const { finalizers } of left) {
    for (const [name, count] of finalizers) holds.set(name, (holds.get(name) ?? 0) + count);
  }
  const held = [...holds].map(([name, count]) => `${name} in ${count} resource instances`);
  return {
    NamespaceContentRemaining: ['SomeResourcesRemain', `Some resources are remaining: ${resources.sort().join(', ')}`],
    ...(held.length > 0 && {
      NamespaceFinalizersRemaining: [
        'SomeFinalizersRemain',
        `Some content in the namespace has finalizers remaining: ${held.sort().join(', ')}`,
      ],
    }),
  };
}
