import { matchesRequirements, parseLabelSelector } from '@everynode/objects';
import type { VirtualCluster } from './virtual-cluster.js';

/** Which nodes a step is about: those with these labels, and of them a number or a share. */
export interface NodeChoice {
  nodes?: string;
  count?: number | string;
}

/** The names of the nodes that a step is about; with a count they are drawn. */
export function chooseNodes(cluster: VirtualCluster, { nodes, count }: NodeChoice, random: () => number): string[] {
  const requirements = nodes === undefined ? undefined : parseLabelSelector(nodes);
  const names: string[] = [];
  for (const { record, metadata } of cluster.nodes()) {
    if (!requirements || matchesRequirements(requirements, metadata.labels ?? {})) names.push(record.name);
  }
  if (count === undefined) return names;
  const wanted = typeof count === 'number' ? count : Math.ceil((names.length * Number.parseInt(count, 10)) / 100);
  // Fisher and Yates, as far as it is needed.
  for (let i = 0; i < Math.min(wanted, names.length); i += 1) {
    const j = i + Math.floor(random() * (names.length - i));
    [names[i], names[j]] = [names[j] ?? '', names[i] ?? ''];
  }
  return names.slice(0, wanted);
}
