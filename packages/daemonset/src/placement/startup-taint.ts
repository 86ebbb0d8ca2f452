import { type Node, STARTUP_TAINT_ANNOTATION, type Taint } from '@everynode/objects';
import { type CompiledDaemonSet, eligibilityOf } from './eligibility.js';
import { findUntoleratedTaint } from './taints.js';

/** Of a DaemonSet: nodes with a startup taint wait for its pod. */
export const REQUIRED_AT_STARTUP_ANNOTATION = 'everynode.io/required-at-startup';

/** A taint that an annotation names; undefined for what it does not say. */
interface NamedTaint {
  key: string;
  value: string | undefined;
  effect: string | undefined;
}

function namedTaints(text: string): NamedTaint[] {
  return text.split(',').flatMap((part): NamedTaint[] => {
    const match = /^\s*([^=:\s]+)(?:=([^:\s]*))?(?::(\w+))?\s*$/.exec(part);
    return match ? [{ key: match[1] as string, value: match[2], effect: match[3] }] : [];
  });
}

/** The taints that a node has until its daemons are ready. */
export function startupTaintsOf({ metadata, spec }: Node): Taint[] {
  const text = metadata?.annotations?.[STARTUP_TAINT_ANNOTATION];
  if (!text) return [];
  const named = namedTaints(text);
  return (spec?.taints ?? []).filter((taint) =>
    named.some(
      ({ key, value, effect }) =>
        key === taint.key &&
        (value === undefined || value === (taint.value ?? '')) &&
        (effect === undefined || effect === taint.effect),
    ),
  );
}

/** A DaemonSet that is required at startup. */
export interface RequiredDaemonSet {
  name: string;
  compiled: CompiledDaemonSet;
  /** Whether a pod of it on the node is ready. */
  isReadyOn(node: string): boolean;
}

/** Why a node keeps its startup taints, for users. `isMistake`: time alone will not change it. */
interface StartupHold {
  because: string;
  isMistake: boolean;
}

/**
 * Why a node keeps its startup taints; undefined when it may lose them. A DaemonSet counts where its pods would run
 * without these taints, so that one that does not tolerate them is named and not forgotten. Where no DaemonSet is
 * required the taints stay: daemons may be applied after nodes have joined.
 */
export function startupHold(node: Node, required: Iterable<RequiredDaemonSet>): StartupHold | undefined {
  const startup = startupTaintsOf(node);
  const others = (node.spec?.taints ?? []).filter((taint) => !startup.includes(taint));
  const started: Node = { ...node, spec: { ...node.spec, taints: others } };
  const name = node.metadata?.name ?? '';
  let count = 0;
  for (const { name: daemonSet, compiled, isReadyOn } of required) {
    count += 1;
    if (!eligibilityOf(compiled, started).shouldRun || isReadyOn(name)) continue;
    const repelled = findUntoleratedTaint(startup, compiled.tolerations, ['NoSchedule', 'NoExecute']);
    if (!repelled) return { because: `DaemonSet ${daemonSet} has no ready pod on it`, isMistake: false };
    const because = `DaemonSet ${daemonSet} is required and does not tolerate ${repelled.key}:${repelled.effect}`;
    return { because, isMistake: true };
  }
  if (count > 0) return undefined;
  return { because: `no DaemonSet has the annotation ${REQUIRED_AT_STARTUP_ANNOTATION}: "true"`, isMistake: true };
}
