import type { DaemonSet, Pod, PodSpec, Toleration } from '@everynode/objects';
import { ownerReferenceTo, podNamePrefix, REVISION_LABEL } from '@everynode/workloads';
import { pinToNode } from '../placement/node-affinity.js';

const DAEMON_SET = { apiVersion: 'apps/v1', kind: 'DaemonSet' };
export const GENERATION_LABEL = 'pod-template-generation';
export const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';

const AUTOMATIC: readonly [key: string, effect: string][] = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
];

const same = (a: Toleration, b: Toleration): boolean =>
  a.key === b.key && a.effect === b.effect && a.operator === b.operator && (a.value ?? '') === (b.value ?? '');

/**
 * Returns the template's tolerations and those of every daemon pod. A user's toleration that differs only in its
 * seconds is replaced in place. Source: pkg/controller/daemon/util, AddOrUpdateDaemonPodTolerations.
 */
export function daemonPodTolerations(spec: Pick<PodSpec, 'tolerations' | 'hostNetwork'>): Toleration[] {
  const automatic: Toleration[] = AUTOMATIC.map(([key, effect]) => ({ key, operator: 'Exists', effect }));
  if (spec.hostNetwork) {
    automatic.push({ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' });
  }
  const tolerations = [...(spec.tolerations ?? [])];
  for (const toleration of automatic) {
    const at = tolerations.findIndex((known) => same(known, toleration));
    if (at < 0) tolerations.push(toleration);
    else tolerations[at] = toleration;
  }
  return tolerations;
}

/** Labels of a pod of the current revision. `templateGeneration` is the annotation's text. */
export function daemonPodLabels(
  templateLabels: Readonly<Record<string, string>> | undefined,
  templateGeneration: string | null | undefined,
  hash: string,
): Record<string, string> {
  const labels: Record<string, string> = { ...templateLabels };
  if (templateGeneration && /^\d+$/.test(templateGeneration)) labels[GENERATION_LABEL] = templateGeneration;
  if (hash !== '') labels[REVISION_LABEL] = hash;
  return labels;
}

/** What all pods of one DaemonSet and revision have in common. `podOn` adds what differs: name and node. */
export interface DaemonPodTemplate {
  labels: Readonly<Record<string, string>>;
  podOn(node: string, name: string): Pod & { spec: PodSpec };
}

/**
 * Prepares the pods of a DaemonSet. `complete` adds what a pod's spec has beyond a template's. The pods carry
 * `spec.nodeName` beside the pinning affinity, because Everynode binds a daemon pod when it creates it.
 * Source: pkg/controller/daemon/util, CreatePodTemplate.
 */
export function daemonPodTemplate(
  daemonSet: DaemonSet,
  hash: string,
  complete: (spec: PodSpec) => PodSpec = (spec) => spec,
): DaemonPodTemplate {
  const { metadata, spec } = daemonSet;
  const template = spec?.template;
  if (!metadata || !template?.spec) throw new Error('a DaemonSet without a pod template');
  const podSpec = complete({ ...template.spec, tolerations: daemonPodTolerations(template.spec) });
  const labels = daemonPodLabels(template.metadata?.labels, metadata.annotations?.[GENERATION_ANNOTATION], hash);
  const owner = ownerReferenceTo(DAEMON_SET, daemonSet);
  const generateName = podNamePrefix(metadata.name ?? '');
  return {
    labels,
    podOn: (node, name) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        generateName,
        ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
        labels,
        ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
        ...(template.metadata?.finalizers && { finalizers: template.metadata.finalizers }),
        ownerReferences: [owner],
      },
      spec: { ...podSpec, nodeName: podSpec.nodeName || node, affinity: pinToNode(podSpec.affinity, node) },
    }),
  };
}
