import type { Pod } from '@everynode/objects';

/** A pod as an agent receives it: the whole object. */
export type AssignedPod = Pod & {
  metadata: { name: string; namespace: string; uid: string };
  spec: { nodeName: string };
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Whether a value off the bus has every field that is read unchecked. The API has validated the other fields. */
export function isAssignedPod(value: unknown): value is AssignedPod {
  if (!isRecord(value) || !isRecord(value.metadata) || !isRecord(value.spec)) return false;
  const { metadata, spec } = value;
  return (
    [metadata.name, metadata.namespace, metadata.uid, spec.nodeName].every(
      (text) => typeof text === 'string' && text,
    ) &&
    Array.isArray(spec.containers) &&
    spec.containers.length > 0 &&
    [...spec.containers, ...(Array.isArray(spec.initContainers) ? spec.initContainers : [])].every(
      (container) => isRecord(container) && typeof container.name === 'string',
    )
  );
}

/** As a kubelet writes a pod in messages. Source: pkg/kubelet/util/format, Pod. */
export function podText({ metadata }: AssignedPod): string {
  return `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
}
