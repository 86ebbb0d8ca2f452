import { NODE_LEASE_NAMESPACE } from '@everynode/objects';
import type { Attributes, ResourceAttributes } from '../attributes.js';
import { type Authorizer, NO_RULES } from '../authorizer.js';
import { ALLOW, type Decision, NO_OPINION, noOpinion } from '../decision.js';
import { quoted } from '../go-quote.js';
import { rulesAllow } from '../rbac/rule-match.js';
import { nodeOf } from './node-identity.js';
import type { NodeReferences } from './node-references.js';
import { NODE_RULES } from './node-rules.js';
import type { ReferencedResource } from './pod-references.js';

/** What is known of pods and nodes. */
export interface NodeFacts {
  references: NodeReferences;
  /** The node that a pod is bound to; undefined for a pod that is not there or not bound. */
  nodeOfPod(namespace: string, name: string): string | undefined;
}

type Rule = (node: string, attributes: ResourceAttributes, facts: NodeFacts) => Decision;

const READS: readonly string[] = ['get', 'list', 'watch'];
const OWN_OBJECT_VERBS: readonly string[] = ['get', 'create', 'update', 'patch', 'delete'];

const unrelated = (node: string): Decision => noOpinion(`no relationship found between node '${node}' and this object`);

function referenced(
  node: string,
  resource: ReferencedResource,
  { namespace, name }: ResourceAttributes,
  { references }: NodeFacts,
): Decision {
  if (name === '') return noOpinion('No Object name found');
  return references.has(node, resource, namespace, name) ? ALLOW : unrelated(node);
}

/** Secrets and config maps: one by one, or in lists and watches of one name. */
const readReferenced =
  (resource: 'secrets' | 'configmaps'): Rule =>
  (node, attributes, facts) => {
    if (!READS.includes(attributes.verb)) return noOpinion('can only read resources of this type');
    if (attributes.subresource) return noOpinion('cannot read subresource');
    if (!attributes.namespace) return noOpinion('can only read namespaced object of this type');
    return referenced(node, resource, attributes, facts);
  };

const getOnly = ({ verb, subresource }: ResourceAttributes): Decision | undefined => {
  if (verb !== 'get') return noOpinion('can only get individual resources of this type');
  return subresource ? noOpinion('cannot get subresource') : undefined;
};

const claims: Rule = (node, attributes, facts) => {
  const { verb, subresource } = attributes;
  if (subresource !== 'status') {
    return getOnly(attributes) ?? referenced(node, 'persistentvolumeclaims', attributes, facts);
  }
  return verb === 'update' || verb === 'patch'
    ? referenced(node, 'persistentvolumeclaims', attributes, facts)
    : noOpinion('can only get/update/patch this type');
};

/** Claims name their volumes, which is not followed: no volume is related to a node. */
const volumes: Rule = (node, attributes) => getOnly(attributes) ?? unrelated(node);

const tokens: Rule = (node, attributes, facts) => {
  if (attributes.verb !== 'create' || !attributes.name) {
    return noOpinion('can only create tokens for individual service accounts');
  }
  if (attributes.subresource !== 'token') return noOpinion('can only create token subresource of serviceaccount');
  return referenced(node, 'serviceaccounts', attributes, facts);
};

const leases: Rule = (node, { verb, namespace, name }) => {
  if (!OWN_OBJECT_VERBS.includes(verb)) {
    return noOpinion('can only get, create, update, patch, or delete a node lease');
  }
  if (namespace !== NODE_LEASE_NAMESPACE) {
    return noOpinion(`can only access leases in the ${quoted(NODE_LEASE_NAMESPACE)} system namespace`);
  }
  // The name of a lease to be created is in the body, which admission reads.
  if (verb !== 'create' && name !== node) {
    return noOpinion('can only access node lease with the same name as the requesting node');
  }
  return ALLOW;
};

const csiNodes: Rule = (node, { verb, subresource, name }) => {
  if (!OWN_OBJECT_VERBS.includes(verb)) return noOpinion('can only get, create, update, patch, or delete a CSINode');
  if (subresource) return noOpinion('cannot authorize CSINode subresources');
  // As with leases.
  if (verb !== 'create' && name !== node) {
    return noOpinion('can only access CSINode with the same name as the requesting node');
  }
  return ALLOW;
};

/** A node reads itself alone. That it writes no other is checked by admission, which knows the object. */
const nodes: Rule = (node, { verb, subresource, name }) => {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : NO_OPINION;
  if (subresource) return NO_OPINION;
  if (['create', 'update', 'patch'].includes(verb)) return ALLOW;
  if (!READS.includes(verb)) return NO_OPINION;
  if (name === node) return ALLOW;
  const what = name ? `'${name}'` : 'all nodes';
  return noOpinion(`node '${node}' cannot read ${what}, only its own Node object`);
};

const isOnNode = (node: string, { namespace, name }: ResourceAttributes, facts: NodeFacts): Decision =>
  facts.nodeOfPod(namespace, name) === node ? ALLOW : unrelated(node);

const pods: Rule = (node, attributes, facts) => {
  const { verb, subresource, name, fieldSelector = [] } = attributes;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : NO_OPINION;
  if (subresource === 'eviction') return verb === 'create' ? ALLOW : NO_OPINION;
  if (subresource) return verb === 'get' ? noOpinion('cannot get subresource') : NO_OPINION;
  switch (verb) {
    case 'get':
      return isOnNode(node, attributes, facts);
    case 'list':
    case 'watch':
      if (fieldSelector.some((one) => one.field === 'spec.nodeName' && one.operator === '=' && one.value === node)) {
        return ALLOW;
      }
      if (name) return isOnNode(node, attributes, facts);
      return noOpinion('can only list/watch pods with spec.nodeName field selector');
    case 'create':
    case 'delete':
      return ALLOW;
    default:
      return NO_OPINION;
  }
};

const RULES: Readonly<Record<string, Rule>> = {
  '/secrets': readReferenced('secrets'),
  '/configmaps': readReferenced('configmaps'),
  '/persistentvolumeclaims': claims,
  '/persistentvolumes': volumes,
  'storage.k8s.io/volumeattachments': volumes,
  '/serviceaccounts': tokens,
  'coordination.k8s.io/leases': leases,
  'storage.k8s.io/csinodes': csiNodes,
  '/nodes': nodes,
  '/pods': pods,
};

/**
 * Allows nodes what they need for their own pods, and nothing of others.
 * Source: plugin/pkg/auth/authorizer/node/node_authorizer.go, with AuthorizeNodeWithSelectors.
 */
export class NodeAuthorizer implements Authorizer {
  readonly #facts: NodeFacts;

  constructor(facts: NodeFacts) {
    this.#facts = facts;
  }

  authorize(attributes: Attributes): Decision {
    const node = nodeOf(attributes.user);
    if (node === undefined) return NO_OPINION;
    if (node === '') return noOpinion(`unknown node for user ${quoted(attributes.user.user)}`);
    if (attributes.kind === 'resource') {
      const key = `${attributes.group}/${attributes.resource}`;
      const rule = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
      if (rule) return rule(node, attributes, this.#facts);
    }
    return rulesAllow(NODE_RULES, attributes) ? ALLOW : NO_OPINION;
  }

  rulesFor(user: Attributes['user']) {
    const node = nodeOf(user);
    if (node === undefined) return NO_RULES;
    const error =
      node === ''
        ? `unknown node for user ${quoted(user.user)}`
        : 'node authorizer does not support user rule resolution';
    return { rules: [], incomplete: true, errors: [error] };
  }
}
