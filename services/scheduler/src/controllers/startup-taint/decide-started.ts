import { startupTaintsOf } from '@everynode/daemonset';
import type { NodeSpec, StoredMeta } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/** Takes the startup taints away from the stored node, as it names them now. */
export function decideStarted(current: Current<'all'> | undefined, uid: string): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const desired = JSON.parse(current.desired) as { spec?: NodeSpec };
  const metadata = JSON.parse(current.metadata) as StoredMeta;
  const spec = desired.spec ?? {};
  const startup = startupTaintsOf({ metadata, spec });
  if (startup.length === 0) return { kind: 'keep' };
  const { taints = [], ...rest } = spec;
  const left = taints.filter((taint) => !startup.includes(taint));
  const next = left.length > 0 ? { ...rest, taints: left } : rest;
  return { kind: 'update', parts: { desired: JSON.stringify({ ...desired, spec: next }) } };
}
