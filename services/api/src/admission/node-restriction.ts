import { nodeOf, podReferences } from '@everynode/authorization';
import {
  AGENT_ANNOTATION,
  canonicalJson,
  forbiddenTo,
  type KubeObject,
  NODE_LEASE_NAMESPACE,
  type Node,
  notFound,
  type Pod,
  type ResourceDefinition,
  STARTUP_TAINT_ANNOTATION,
  type Stored,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { isMirrorPod } from '../auth/authorization.js';
import type { Target } from '../write/target.js';
import { changedLabels, forbiddenLabels } from './node-labels.js';
import type { AdmissionPlugin, ObjectWrite, RequestedWrite } from './plugin.js';
import { namesAudience } from './token-audiences.js';

const CSI_NODES = 'csinodes.storage.k8s.io';
const CLAIMS = 'persistentvolumeclaims';

const quoted = (text: string): string => JSON.stringify(text);

type Named = Pick<Target, 'name'> & { definition: Pick<ResourceDefinition, 'group' | 'plural'> };

function forbid({ definition: { group, plural }, name }: Named, why: string): never {
  throw forbiddenTo({ group, plural, name }, why);
}

/** The node that a request comes from; undefined for other clients. @throws ApiError Forbidden for a nameless one. */
function requestingNode({ identity }: ApiContext, target: Named): string | undefined {
  const node = identity && nodeOf(identity);
  if (node === '') forbid(target, `could not determine node from user ${quoted(identity?.user ?? '')}`);
  return node;
}

/** @throws ApiError NotFound for a pod that does not exist. */
function nodeOfPod({ reflector }: ApiContext, { namespace, name }: Pick<Target, 'namespace' | 'name'>): string | null {
  const pod = reflector.cache('pods').get(namespace, name);
  if (!pod) throw notFound({ group: '', plural: 'pods', name });
  return pod.record.placement;
}

/** The name of the object of a write as a message shows it. */
const named = ({ definition, object }: ObjectWrite): Named => ({ definition, name: object.metadata.name ?? '' });

function admitMirrorPod(write: ObjectWrite, node: string, pod: Stored<Pod>): void {
  const who = `node ${quoted(node)}`;
  const no = (why: string): never => forbid(named(write), why);
  if (write.operation !== 'create') {
    no(`unexpected operation "UPDATE", ${who} can only create and delete mirror pods`);
  }
  if (!isMirrorPod(pod)) {
    no(`pod does not have "kubernetes.io/config.mirror" annotation, ${who} can only create mirror pods`);
  }
  if (pod.spec?.nodeName !== node) no(`${who} can only create pods with spec.nodeName set to itself`);
  const [owner, ...others] = pod.metadata.ownerReferences ?? [];
  if (others.length > 0) no(`${who} can only create pods with a single owner reference set to itself`);
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    no(`${who} can only create pods with an owner reference set to itself`);
    return;
  }
  if (!owner.controller) no(`${who} can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion) no(`${who} must not set blockOwnerDeletion on an owner reference`);
  const uid = write.context.reflector.cache('nodes').get('', node)?.record.uid;
  if (uid === undefined) throw notFound({ group: '', plural: 'nodes', name: node });
  if (owner.uid !== uid) no(`node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
  const spec = pod.spec ?? { containers: [] };
  // What a mirror pod refers to its node could read, as for any other pod if it were none.
  for (const { resource } of podReferences({ name: pod.metadata.name, spec, isMirror: false })) {
    const what = resource === 'serviceaccounts' ? 'a service account' : resource;
    no(`${who} can not create pods that reference ${what}`);
  }
}

function admitPodStatus(write: ObjectWrite, node: string, pod: Stored<Pod>, before: Stored<Pod> | undefined): void {
  const who = `node ${quoted(node)}`;
  if (before?.spec?.nodeName !== node) {
    forbid(named(write), `${who} can only update pod status for pods with spec.nodeName set to itself`);
  }
  if (changedLabels(pod.metadata.labels, before?.metadata.labels).length > 0) {
    forbid(named(write), `${who} cannot update labels through pod status`);
  }
  if (claimsOf(pod) !== claimsOf(before)) forbid(named(write), `${who} cannot update resource claim statues`);
  if (!isSame([pod.status?.extendedResourceClaimStatus], [before.status?.extendedResourceClaimStatus])) {
    forbid(named(write), `${who} cannot update extended resource claim status`);
  }
}

function admitNode(write: ObjectWrite, node: string): void {
  const target = named(write);
  const [after, before] = [write.object as Stored<Node>, write.before as Stored<Node> | undefined];
  const who = `node ${quoted(node)}`;
  if (target.name !== node) forbid(target, `${who} is not allowed to modify node ${quoted(target.name)}`);
  const labels = forbiddenLabels(changedLabels(after.metadata.labels, before?.metadata.labels));
  // Beyond upstream: the annotation decides which agent gets the pods of the node, and may report on them.
  if (annotationOf(after, AGENT_ANNOTATION) !== annotationOf(before, AGENT_ANNOTATION)) {
    forbid(target, `${who} is not allowed to modify the annotation ${AGENT_ANNOTATION}`);
  }
  // Beyond upstream: by it a node would have its taints taken away.
  if (before && annotationOf(after, STARTUP_TAINT_ANNOTATION) !== annotationOf(before, STARTUP_TAINT_ANNOTATION)) {
    forbid(target, `${who} is not allowed to modify the annotation ${STARTUP_TAINT_ANNOTATION}`);
  }
  if (!before) {
    if (labels.length > 0) forbid(target, `${who} is not allowed to set the following labels: ${labels.join(', ')}`);
    return;
  }
  // A status update cannot change the spec, whatever it brings.
  if (write.subresource !== 'status' && !isSame(after.spec?.taints, before.spec?.taints)) {
    forbid(target, `${who} is not allowed to modify taints`);
  }
  if (!isSame(after.metadata.ownerReferences, before.metadata.ownerReferences)) {
    forbid(target, `${who} is not allowed to modify ownerReferences`);
  }
  if (labels.length > 0) forbid(target, `is not allowed to modify labels: ${labels.join(', ')}`);
}

const annotationOf = (node: Stored<Node> | undefined, key: string): string | undefined =>
  node?.metadata.annotations?.[key];

const isSame = (one: unknown[] | undefined, other: unknown[] | undefined): boolean =>
  canonicalJson(one ?? []) === canonicalJson(other ?? []);

/** The claims of a pod in their order. Another one would give the node a right to it. */
const claimsOf = ({ status }: Pod): string =>
  canonicalJson((status?.resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [name, resourceClaimName]));

/** What a node may write of the status of a claim. Source: admitPVCStatus, with RecoverVolumeExpansionFailure. */
const CLAIM_STATUS = ['capacity', 'conditions', 'allocatedResources', 'allocatedResourceStatuses'];

function admitClaim(write: ObjectWrite, node: string): void {
  const { subresource = '', object, before } = write;
  if (subresource !== 'status') forbid(named(write), 'may only update PVC status');
  const rest = ({ metadata, spec, status }: KubeObject): string => {
    const { resourceVersion: _version, managedFields: _owners, ...others } = metadata;
    const fixed = Object.entries(status ?? {}).filter(([field]) => !CLAIM_STATUS.includes(field));
    return canonicalJson([others, spec ?? {}, Object.fromEntries(fixed)]);
  };
  if (before && rest(object) === rest(before)) return;
  const why = 'is not allowed to update fields other than status.capacity and status.conditions';
  forbid(named(write), `node ${quoted(node)} ${why}`);
}

function admitCsiNode(target: Named, node: string): void {
  if (target.name === node) return;
  forbid(target, 'can only access CSINode with the same name as the requesting node');
}

function admitLease(target: Named & { namespace: string }, node: string): void {
  if (target.namespace !== NODE_LEASE_NAMESPACE) {
    forbid(target, `can only access leases in the ${quoted(NODE_LEASE_NAMESPACE)} system namespace`);
  }
  if (target.name !== node) {
    forbid(target, 'can only access node lease with the same name as the requesting node');
  }
}

function gateDeletion({ context, target }: RequestedWrite): void {
  const node = requestingNode(context, target);
  if (node === undefined) return;
  switch (target.definition.storage) {
    case 'pods':
      if (nodeOfPod(context, target) === node) return;
      forbid(target, `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`);
      break;
    case 'nodes':
      if (target.name !== node) {
        forbid(target, `node ${quoted(node)} is not allowed to modify node ${quoted(target.name)}`);
      }
      break;
    case 'leases.coordination.k8s.io':
      admitLease(target, node);
      break;
    case CSI_NODES:
      admitCsiNode(target, node);
      break;
    case CLAIMS:
      forbid(target, 'may only update PVC status');
      break;
    default:
  }
}

/**
 * A node changes itself and its own pods, as far as it cannot attract pods or rights by that. The node authorizer does
 * not see objects, and leaves this to admission. Source: plugin/pkg/admission/noderestriction/admission.go.
 */
export const nodeRestriction: AdmissionPlugin = {
  resources: ['pods', 'nodes', 'leases.coordination.k8s.io', CSI_NODES, CLAIMS],
  operations: ['create', 'update', 'delete'],
  gate(write) {
    if (write.operation === 'delete') gateDeletion(write);
  },
  admit(write) {
    const { context, definition, object, before, subresource = '' } = write;
    const node = requestingNode(context, named(write));
    if (node === undefined) return;
    switch (definition.storage) {
      case 'pods':
        if (subresource === '') admitMirrorPod(write, node, object as Stored<Pod>);
        else if (subresource === 'status') admitPodStatus(write, node, object as Stored<Pod>, before as Stored<Pod>);
        else {
          const why = `unexpected pod subresource ${quoted(subresource)}, only 'status' and 'eviction' are allowed`;
          forbid(named(write), why);
        }
        break;
      case 'nodes':
        admitNode(write, node);
        break;
      case CSI_NODES:
        admitCsiNode(named(write), node);
        break;
      case CLAIMS:
        admitClaim(write, node);
        break;
      default:
        admitLease({ ...named(write), namespace: object.metadata.namespace ?? '' }, node);
    }
  },
};

/** @throws ApiError Forbidden for a node that evicts a pod of another one. */
export function restrictEviction(context: ApiContext, target: Target): void {
  const node = requestingNode(context, target);
  if (node === undefined || nodeOfPod(context, target) === node) return;
  forbid(target, `node ${node} can only evict pods with spec.nodeName set to itself`);
}

/** What a token is to be bound to. */
interface BoundTo {
  apiVersion?: string;
  kind?: string;
  name?: string;
  uid?: string;
}

/**
 * A node asks for the tokens of its pods alone, and for no audience that the pod does not name.
 * @throws ApiError Forbidden for any other token.
 */
export function restrictToken(
  context: ApiContext,
  target: Target,
  { boundObjectRef: ref, audiences = [] }: { boundObjectRef?: BoundTo; audiences?: readonly string[] },
): void {
  const node = requestingNode(context, target);
  if (node === undefined) return;
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) {
    forbid(target, 'node requested token not bound to a pod');
    return;
  }
  if (!ref.uid) forbid(target, 'node requested token with a pod binding without a uid');
  const pod = context.reflector.cache('pods').get(target.namespace, ref.name);
  if (!pod) throw notFound({ group: '', plural: 'pods', name: ref.name });
  if (pod.record.uid !== ref.uid) {
    const why = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    forbid(target, why);
  }
  if (pod.record.placement !== node) {
    forbid(target, 'node requested token bound to a pod scheduled on a different node');
  }
  if (audiences.length > 1) forbid(target, 'node may only request 0 or 1 audiences');
  const [audience = ''] = audiences;
  if (namesAudience(context, pod.object, audience) || mayRequestAudience(context, target, audience)) return;
  const who = `${context.identity?.user} is not authorized to request tokens for this audience`;
  forbid(target, `audience ${quoted(audience)} not found in pod spec volume, ${who}`);
}

/** Source: validateNodeServiceAccountAudience: an audience stands for the resource. */
function mayRequestAudience({ identity: user, authorization }: ApiContext, target: Target, audience: string): boolean {
  if (!user) return true;
  const { namespace, name } = target;
  const verb = 'request-serviceaccounts-token-audience';
  const question = {
    kind: 'resource',
    user,
    verb,
    group: '',
    resource: audience,
    subresource: '',
    namespace,
    name,
  } as const;
  return authorization.decide(question).verdict === 'allow';
}
