import {
  ApiError,
  conflict,
  invalid,
  type KubeObject,
  notFound,
  nulErrors,
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
  const node = target?.name ?? '';
  checkTarget(target?.kind ?? '', node);
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

/** Upstream answers 500 here. Source: pkg/apis/core/validation, ValidatePodBinding. */
function checkTarget(kind: string, name: string): void {
  const faults: string[] = [];
  if (kind !== '' && kind !== 'Node') {
    faults.push(`target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`);
  }
  if (name === '') faults.push('target.name: Required value');
  const [first] = faults;
  if (first === undefined) return;
  throw new ApiError('BadRequest', faults.length > 1 ? `[${faults.join(', ')}]` : first);
}

const MAX_NAME = 253;

/** Upstream takes any name here. It becomes a key of an index, which has a greatest length and cannot hold U+0000. */
function checkNodeName({ metadata, target }: KubeObject, node: string): void {
  const faults = nulErrors(target, 'target');
  if (node.length > MAX_NAME) {
    const detail = `may not be more than ${MAX_NAME} bytes`;
    faults.push({ type: 'FieldValueTooLong', field: 'target.name', value: '', detail });
  }
  if (faults.length > 0) throw invalid({ group: '', kind: 'Binding', name: metadata.name }, faults);
}
