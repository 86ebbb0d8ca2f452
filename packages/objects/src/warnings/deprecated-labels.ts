import type { NodeSelectorTerm } from '../kinds/api-types.js';
import { labelValueMessages } from '../validation/names.js';

/** Labels of nodes that have a successor. Source: pkg/api/node/util.go, deprecatedNodeLabels. */
const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** Returns what to use in place of a node's label; undefined for a label that is not deprecated. */
export const deprecatedLabel = (key: string): string | undefined => DEPRECATED.get(key);

/**
 * Keys that are deprecated and, for a preferred term, values that no node can have. Source: pkg/api/node/util.go,
 * GetWarningsForNodeSelectorTerm.
 */
export function nodeTermWarnings(term: NodeSelectorTerm, checksValues: boolean, field: string): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key, values }, at) => {
    const path = `${field}.matchExpressions[${at}]`;
    const message = deprecatedLabel(key);
    const warnings = message === undefined ? [] : [`${path}.key: ${key} is ${message}`];
    if (!checksValues) return warnings;
    for (const [index, value] of (values ?? []).entries()) {
      for (const fault of labelValueMessages(value)) {
        warnings.push(`${path}.values[${index}]: ${value} is invalid, ${fault}`);
      }
    }
    return warnings;
  });
}
