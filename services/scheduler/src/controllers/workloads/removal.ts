import { decideDeletion, type PropagationPolicy, type ResourceDefinition } from '@everynode/objects';
import type { Fence, WriteRequest } from '@everynode/store';
import { passMoment } from './moment.js';

/** Returns the write that deletes an object as a client would, unless another one has its name by now. */
export function removalOf(
  { storage, deletion }: ResourceDefinition,
  { metadata: { namespace, name, uid } }: { metadata: { namespace: string; name: string; uid: string } },
  propagationPolicy: PropagationPolicy,
  fence: Fence,
): WriteRequest<'all'> {
  return {
    key: { resource: storage, namespace, name },
    reads: 'all',
    fence,
    decide: (current) =>
      current?.uid === uid
        ? decideDeletion(current, { propagationPolicy }, deletion, passMoment().now)
        : { kind: 'keep' },
  };
}
