import type { Container } from '@everynode/objects';
import { expand, expandAll } from '../environment/expand.js';
import { podField } from '../environment/pod-fields.js';
import type { AssignedPod } from '../pod/assigned-pod.js';

/** What stands for a value that only a ConfigMap or a Secret has: an agent does not get it. */
const UNKNOWN = 'value';
/** Addresses are allocated before a container is created. */
const ADDRESS = { ip: UNKNOWN, hostIp: UNKNOWN };

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
    const { fault } = subPathOf(subPathExpr, variables);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The sub-path that an expression stands for, or what is wrong with it. */
export function subPathOf(
  expression: string,
  variables: ReadonlyMap<string, string>,
): { path: string; fault?: undefined } | { fault: string } {
  const { text, missing } = expandAll(expression, (name) => variables.get(name));
  if (missing.length > 0) return { fault: `missing value for ${missing.join(', ')}` };
  if (text.startsWith('/')) return { fault: `error SubPath \`${text}\` must not be an absolute path` };
  if (text.split('/').includes('..')) {
    return { fault: `unable to provision SubPath \`${text}\`: must not contain '..'` };
  }
  return { path: text };
}

/** The variables of a container that do not come from whole objects. */
function variablesOf(pod: AssignedPod, { env = [] }: Container): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const { name, value, valueFrom } of env ?? []) {
    const path = valueFrom?.fieldRef?.fieldPath;
    if (path !== undefined) variables.set(name, podField(pod, path, ADDRESS) ?? UNKNOWN);
    else variables.set(name, valueFrom ? UNKNOWN : expand(value ?? '', (known) => variables.get(known)));
  }
  return variables;
}
