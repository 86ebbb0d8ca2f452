import type { Container } from '@everynode/objects';
import type { AssignedPod } from '../pod/assigned-pod.js';

/** `$(NAME)`, or `$$` for a dollar sign. */
const REFERENCE = /\$\$|\$\(([^)]*)\)/g;
/** What stands for a value that only a ConfigMap or a Secret has: an agent does not get it. */
const UNKNOWN = 'value';

/**
 * By container, why a sub-path of its mounts cannot be made, in a kubelet's words. Source:
 * pkg/kubelet/container/helpers.go, ExpandContainerVolumeMounts; pkg/kubelet/kubelet_pods.go, makeMounts.
 */
export function subPathFaults(pod: AssignedPod): [container: string, fault: string][] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap((container) => {
    const fault = faultOf(pod, container);
    return fault === undefined ? [] : [[container.name, fault] as [string, string]];
  });
}

function faultOf(pod: AssignedPod, container: Container): string | undefined {
  let variables: ReadonlyMap<string, string> | undefined;
  for (const { subPathExpr } of container.volumeMounts ?? []) {
    if (!subPathExpr) continue;
    variables ??= variablesOf(pod, container);
    const { text, missing } = expand(subPathExpr, variables);
    if (missing.length > 0) return `missing value for ${missing.join(', ')}`;
    if (text.startsWith('/')) return `error SubPath \`${text}\` must not be an absolute path`;
    if (text.split('/').includes('..')) return `unable to provision SubPath \`${text}\`: must not contain '..'`;
  }
  return undefined;
}

/** Names without a value, or with an empty one, are missing. */
function expand(template: string, variables: ReadonlyMap<string, string>): { text: string; missing: string[] } {
  const missing = new Set<string>();
  const text = template.replaceAll(REFERENCE, (whole, name: string | undefined) => {
    if (name === undefined) return whole.slice(1);
    const value = variables.get(name);
    if (!value) missing.add(name);
    return value ?? '';
  });
  return { text, missing: [...missing].sort() };
}

/** The variables of a container that do not come from whole objects. */
function variablesOf(pod: AssignedPod, { env = [] }: Container): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const { name, value, valueFrom } of env ?? []) {
    const path = valueFrom?.fieldRef?.fieldPath;
    if (path !== undefined) variables.set(name, fieldOf(pod, path));
    else if (valueFrom) variables.set(name, UNKNOWN);
    else
      variables.set(
        name,
        value?.replaceAll(REFERENCE, (whole, known) => (known === undefined ? '$' : (variables.get(known) ?? whole))) ??
          '',
      );
  }
  return variables;
}

const INDEXED = /^metadata\.(annotations|labels)\['(.*)'\]$/;

function fieldOf({ metadata, spec }: AssignedPod, path: string): string {
  const indexed = INDEXED.exec(path);
  if (indexed) return metadata[indexed[1] as 'annotations' | 'labels']?.[indexed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace;
    case 'metadata.uid':
      return metadata.uid;
    case 'spec.nodeName':
      return spec.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    default:
      // Addresses are allocated before a container is created.
      return UNKNOWN;
  }
}
