import type { PodTemplateSpec, StatefulSet, Volume } from '@everynode/objects';
import { REVISION_LABEL } from '../revisions/history.js';
import { claimName } from './claims.js';

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const INDEX_LABEL = 'apps.kubernetes.io/pod-index';
const MAX_ORDINAL = 2 ** 31 - 1;

type Named = { metadata?: { name?: string } };

/**
 * The ordinal of a pod by its name; undefined for a name that is none of this set.
 * Source: pkg/controller/statefulset/stateful_set_utils.go, getParentNameAndOrdinal, isMemberOf.
 */
export function ordinalOf({ metadata: set }: Named, { metadata: pod }: Named): number | undefined {
  const [, parent, digits] = /^(.*)-([0-9]+)$/s.exec(pod?.name ?? '') ?? [];
  const ordinal = Number(digits);
  return parent === set?.name && ordinal <= MAX_ORDINAL ? ordinal : undefined;
}

export const startOf = ({ spec }: StatefulSet): number => spec?.ordinals?.start ?? 0;
export const replicasOf = ({ spec }: StatefulSet): number => spec?.replicas ?? 1;

/** Whether a pod of this ordinal is one of those that the set asks for. */
export function isWanted(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= startOf(set) && ordinal < startOf(set) + replicasOf(set);
}

/** The labels by which a pod of a set is found. Source: updateIdentity. */
export function identityLabels(set: StatefulSet, ordinal: number): Record<string, string> {
  return { [POD_NAME_LABEL]: `${set.metadata?.name}-${ordinal}`, [INDEX_LABEL]: String(ordinal) };
}

/** False for a pod, adopted or changed by a client, that lacks the label of its name. Source: identityMatches. */
export const hasIdentity = ({ metadata }: { metadata: { name: string; labels?: Record<string, string> } }): boolean =>
  metadata.labels?.[POD_NAME_LABEL] === metadata.name;

/** The name of the revision that a pod was made from. */
export const revisionOf = ({ metadata }: { metadata?: { labels?: Record<string, string> } }): string | undefined =>
  metadata?.labels?.[REVISION_LABEL];

/**
 * Returns the template of a set's pod: with its labels, its name in the network, and its claims in place of the
 * volumes of their names. Source: newStatefulSetPod, initIdentity, updateStorage.
 */
export function statefulPodTemplate(
  set: StatefulSet,
  { metadata, spec }: PodTemplateSpec,
  ordinal: number,
  revision: string,
): PodTemplateSpec {
  const claims = set.spec?.volumeClaimTemplates ?? [];
  const claimed = claims.map((claim): Volume => {
    const { name = '' } = claim.metadata ?? {};
    return { name, persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) } };
  });
  const names = new Set(claimed.map(({ name }) => name));
  const volumes = [...claimed, ...(spec?.volumes ?? []).filter(({ name }) => !names.has(name))];
  const { serviceName } = set.spec ?? {};
  return {
    metadata: {
      ...metadata,
      labels: { ...metadata?.labels, ...identityLabels(set, ordinal), [REVISION_LABEL]: revision },
    },
    spec: {
      containers: [],
      ...spec,
      hostname: `${set.metadata?.name}-${ordinal}`,
      ...(serviceName && { subdomain: serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  };
}
