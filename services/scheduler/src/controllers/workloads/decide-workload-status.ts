import { semanticallyEqual } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/** Writes a status where it differs from the stored one, unless it is another object by now. */
export function decideWorkloadStatus(current: Current<'observed'> | undefined, uid: string, status: object): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  if (semanticallyEqual(JSON.parse(current.observed ?? '{}'), status)) return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify(status) } };
}
