import {
  ApiError,
  conflict,
  dnsSubdomainMessages,
  invalid,
  type KubeObject,
  notFound,
  type Pod,
  type Stored,
  timestamp,
  withPodScheduled,
} from '@everynode/objects';
import { admitPosted } from '../admission/subresource-requests.js';
import type { ApiContext } from '../api-context.js';
import type { ActionRequest } from '../dispatch/resource-request.js';
import { readObject } from '../http/body.js';
import { commit } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { otherUid, otherVersion, placeInNamespace } from '../write/object-identity.js';
import { objectOf } from '../write/stored-object.js';
import { subjectOf } from '../write/target.js';

const BINDING = { group: '', version: 'v1', kind: 'Binding', schema: 'io.k8s.api.core.v1.Binding' };

/**
 * POST pods/NAME/binding: puts a pod on a node. A uid and a resourceVersion of the binding are preconditions. The pod
 * gets its labels and annotations. Source: pkg/registry/core/pod/storage, assignPod.
 */
export async function bindPod(context: ApiContext, request: ActionRequest): Promise<void> {
  const { name, body, query } = request;
  const { object: binding } = await readObject(body, BINDING, query.fieldValidation);
  if (binding.metadata.name !== name) {
    throw new ApiError('BadRequest', 'name in URL does not match name in Binding object');
  }
  placeInNamespace(request, binding);
  await admitPosted(context, { ...request, subresource: 'binding' }, BINDING, binding);
  const { target } = binding as { target?: { kind?: string; name?: string } };
  const node = target?.name;
  if (!node || (target.kind || 'Node') !== 'Node') throw new ApiError('BadRequest', 'target.name must name a Node');
  checkNodeName(binding, node);
  const now = timestamp(Date.now());
  const { uid, resourceVersion } = binding.metadata;
  const subject = { ...subjectOf(request), plural: 'pods/binding' };
  await commit(context, {
    target: request,
    dryRun: query.dryRun,
    decide: (current) => {
      if (!current) throw notFound(subjectOf(request));
      if (uid && uid !== current.uid) throw otherUid(request, uid, current.uid, query.dryRun);
      if (resourceVersion && resourceVersion !== String(current.revision)) {
        throw otherVersion(request, resourceVersion, String(current.revision), query.dryRun);
      }
      const pod = objectOf(request, current) as Stored<Pod>;
      const { spec = { containers: [] }, status } = pod;
      if (pod.metadata.deletionTimestamp !== undefined)
        throw conflict(subject, `pod ${name} is being deleted, cannot be assigned to a host`);
      if (spec.nodeName)
        throw conflict(subject, `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
      if (spec.schedulingGates?.length) throw conflict(subject, `pod ${name} has non-empty .spec.schedulingGates`);
      for (const part of ['labels', 'annotations'] as const) {
        if (binding.metadata[part]) pod.metadata[part] = { ...pod.metadata[part], ...binding.metadata[part] };
      }
      pod.spec = { ...spec, nodeName: node };
      pod.status = { ...status, conditions: withPodScheduled(status?.conditions, { status: 'True' }, now) };
      return decisionFor(request, pod, current);
    },
  });
}

/** Upstream takes any name here. No node has one that its own validation refuses, and it becomes a key of the store. */
function checkNodeName({ metadata }: KubeObject, node: string): void {
  const errors = dnsSubdomainMessages(node).map((detail) => {
    return { type: 'FieldValueInvalid' as const, field: 'target.name', value: node.slice(0, 253), detail };
  });
  if (errors.length > 0) throw invalid({ group: '', kind: 'Binding', name: metadata.name }, errors);
}
