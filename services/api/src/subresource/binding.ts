import {
  ApiError,
  conflict,
  notFound,
  type PodSpec,
  type PodStatus,
  timestamp,
  withPodScheduled,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { type Body, readObject } from '../http/body.js';
import type { Query } from '../http/query.js';
import { decisionFor } from '../rest/update.js';
import { commit, objectOf, subjectOf, type Target } from '../write/commit.js';
import { placeInNamespace } from '../write/object-identity.js';

const BINDING = { group: '', version: 'v1', kind: 'Binding', schema: 'io.k8s.api.core.v1.Binding' };

/** POST pods/NAME/binding: puts a pod on a node. Source: pkg/registry/core/pod/storage, assignPod. */
export async function bindPod(context: ApiContext, target: Target, body: Body, query: Query): Promise<void> {
  const { object } = readObject(body, BINDING, query.fieldValidation);
  if (object.metadata.name !== target.name) {
    throw new ApiError('BadRequest', 'name in URL does not match name in Binding object');
  }
  placeInNamespace(target, object);
  const binding = object as unknown as { target?: { kind?: string; name?: string } };
  const node = binding.target?.name;
  if (!node || (binding.target?.kind || 'Node') !== 'Node')
    throw new ApiError('BadRequest', 'target.name must name a Node');
  const now = timestamp(Date.now());
  const subject = { ...subjectOf(target), plural: 'pods/binding' };
  await commit(context, target, query.dryRun, (current) => {
    if (!current) throw notFound(subjectOf(target));
    const pod = objectOf(target, current);
    const spec = pod.spec as { -readonly [K in keyof PodSpec]: PodSpec[K] };
    if (pod.metadata.deletionTimestamp !== undefined)
      throw conflict(subject, `pod ${target.name} is being deleted, cannot be assigned to a host`);
    if (spec.nodeName)
      throw conflict(subject, `pod ${target.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
    spec.nodeName = node;
    const status = (pod.status ?? {}) as PodStatus;
    pod.status = { ...status, conditions: withPodScheduled(status.conditions, { status: 'True' }, now) };
    return decisionFor(target, pod, current);
  });
}
