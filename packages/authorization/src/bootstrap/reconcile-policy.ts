import type { PolicyRule } from '@everynode/objects';
import { missingRules } from '../rbac/escalation.js';
import type { Subject } from '../rbac/objects.js';
import type { PolicyBinding, PolicyRole } from './policy-form.js';

const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const ANNOTATIONS = { [AUTOUPDATE]: 'true' };

interface Metadata {
  name?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** A stored role or binding, as far as reconciling reads it. Shapes: rbac.authorization.k8s.io/v1. */
export interface PolicyObject {
  metadata: Metadata;
  rules?: PolicyRule[] | null;
  aggregationRule?: unknown;
  subjects?: (Subject & { apiGroup?: string })[] | null;
  [field: string]: unknown;
}

const metadataOf = ({
  name,
  namespace,
  labels,
}: {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
}) => ({
  name,
  ...(namespace && { namespace }),
  labels: { ...LABELS, ...labels },
  annotations: ANNOTATIONS,
});

export const roleObject = (role: PolicyRole): PolicyObject & { metadata: { name: string } } => ({
  metadata: metadataOf(role),
  ...(role.aggregates && { aggregationRule: { clusterRoleSelectors: role.aggregates } }),
  rules: role.rules,
});

export const bindingObject = (binding: PolicyBinding): PolicyObject & { metadata: { name: string } } => ({
  metadata: metadataOf(binding),
  roleRef: binding.roleRef,
  subjects: binding.subjects,
});

/** An administrator keeps an object as it is with the annotation `autoupdate: "false"`. */
const isProtected = ({ metadata }: PolicyObject): boolean => metadata.annotations?.[AUTOUPDATE] === 'false';

/** Adds labels and annotations that are missing; undefined for none. */
function completedMetadata(found: Metadata, wanted: Metadata): Metadata | undefined {
  const labels = { ...wanted.labels, ...found.labels };
  const annotations = { ...wanted.annotations, ...found.annotations };
  const added = (before: object | undefined, after: object) =>
    Object.keys(before ?? {}).length !== Object.keys(after).length;
  const isComplete = !added(found.labels, labels) && !added(found.annotations, annotations);
  return isComplete ? undefined : { ...found, labels, annotations };
}

/**
 * The stored role with the rules of the policy that it lacks; undefined where it lacks nothing. Rules that were added
 * stay. Source: component-helpers/auth/rbac/reconciliation/reconcile_role.go, without removal of extra permissions.
 */
export function reconciledRole(found: PolicyObject, role: PolicyRole): PolicyObject | undefined {
  if (isProtected(found)) return undefined;
  const wanted = roleObject(role);
  const metadata = completedMetadata(found.metadata, wanted.metadata);
  if (role.aggregates) {
    if (found.aggregationRule && !metadata) return undefined;
    return { ...found, metadata: metadata ?? found.metadata, aggregationRule: wanted.aggregationRule };
  }
  const missing = missingRules(found.rules ?? [], role.rules);
  if (missing.length === 0 && !metadata) return undefined;
  return { ...found, metadata: metadata ?? found.metadata, rules: [...(found.rules ?? []), ...missing] };
}

/** The stored binding with the subjects that it lacks; undefined where it lacks nothing. */
export function reconciledBinding(found: PolicyObject, binding: PolicyBinding): PolicyObject | undefined {
  if (isProtected(found)) return undefined;
  const metadata = completedMetadata(found.metadata, bindingObject(binding).metadata);
  const has = (wanted: Subject): boolean =>
    (found.subjects ?? []).some(
      (one) =>
        one.kind === wanted.kind && one.name === wanted.name && (one.namespace ?? '') === (wanted.namespace ?? ''),
    );
  const missing = binding.subjects.filter((one) => !has(one));
  if (missing.length === 0 && !metadata) return undefined;
  return { ...found, metadata: metadata ?? found.metadata, subjects: [...(found.subjects ?? []), ...missing] };
}
