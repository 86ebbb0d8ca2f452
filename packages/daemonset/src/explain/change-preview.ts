import type { DaemonSet, Node, Pod } from '@everynode/objects';
import { isPodDeleting } from '@everynode/workloads';
import { compileDaemonSet, eligibilityOf } from '../placement/eligibility.js';
import { nameNodes } from './name-nodes.js';

/** Names of the nodes that a change would affect, by what would happen there. */
export interface ChangePreview {
  gain: string[];
  lose: string[];
  restart: string[];
}

/**
 * Returns what happens on each node in the end when the first manifest is replaced by the second, without regard to
 * budgets. `before` is undefined for a new DaemonSet. Pure.
 */
export function previewChange(
  before: DaemonSet | undefined,
  after: DaemonSet,
  nodes: readonly Node[],
  podsByNode: ReadonlyMap<string, readonly Pod[]>,
  sameTemplate: boolean,
): ChangePreview {
  const compiled = compileDaemonSet(after);
  const preview: ChangePreview = { gain: [], lose: [], restart: [] };
  const updates = before !== undefined && !sameTemplate && after.spec?.updateStrategy?.type !== 'OnDelete';
  for (const node of nodes) {
    const name = node.metadata?.name ?? '';
    const has = (podsByNode.get(name) ?? []).some((pod) => !isPodDeleting(pod));
    const eligibility = eligibilityOf(compiled, node);
    if (!has && eligibility.shouldRun) preview.gain.push(name);
    else if (has && !eligibility.shouldContinueRunning) preview.lose.push(name);
    // An update ends an old pod also where it may only stay, and none follows it there.
    else if (has && updates) (eligibility.shouldRun ? preview.restart : preview.lose).push(name);
  }
  return preview;
}

/** One line for users; undefined when no pod would be affected. */
export function describePreview({ gain, lose, restart }: ChangePreview): string | undefined {
  const clause = (names: string[], verb: string): string[] =>
    names.length > 0 ? [`${verb} on ${names.length} node${names.length === 1 ? '' : 's'} (${nameNodes(names)})`] : [];
  const clauses = [
    ...clause(gain, 'start a pod'),
    ...clause(lose, 'end the pod'),
    ...clause(restart, 'restart the pod'),
  ];
  return clauses.length > 0 ? `this would ${clauses.join('; ')}` : undefined;
}
