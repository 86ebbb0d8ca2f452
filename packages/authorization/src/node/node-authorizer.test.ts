import type { FieldRequirement } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import type { Attributes } from '../attributes.js';
import { NodeAuthorizer } from './node-authorizer.js';
import { NodeReferences } from './node-references.js';
import type { PodOnNode } from './pod-references.js';

const container = { name: 'c', image: 'i' };
const POD: PodOnNode = {
  namespace: 'ns',
  name: 'p',
  isMirror: false,
  spec: {
    serviceAccountName: 'account',
    imagePullSecrets: [{ name: 'pull' }],
    initContainers: [{ ...container, envFrom: [{ secretRef: { name: 'init-env' } }] }],
    containers: [
      {
        ...container,
        env: [
          { name: 'A', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } },
          { name: 'B', valueFrom: { configMapKeyRef: { name: 'env', key: 'k' } } },
        ],
        envFrom: [{ configMapRef: { name: 'env-from' } }],
      },
    ],
    ephemeralContainers: [{ name: 'e', image: 'i', envFrom: [{ secretRef: { name: 'debug' } }] }],
    volumes: [
      { name: 'v1', secret: { secretName: 'volume' } },
      { name: 'v2', configMap: { name: 'volume' } },
      { name: 'v3', projected: { sources: [{ secret: { name: 'projected' } }, { configMap: { name: 'projected' } }] } },
      { name: 'v4', csi: { driver: 'd', nodePublishSecretRef: { name: 'csi' } } },
      { name: 'v5', persistentVolumeClaim: { claimName: 'claim' } },
      { name: 'v6', ephemeral: {} },
      { name: 'v7', flexVolume: { driver: 'd', secretRef: { name: 'flex' } } },
      { name: 'v8', azureFile: { secretName: 'azure', shareName: 's' } },
    ],
  },
};
const MIRROR: PodOnNode = {
  ...POD,
  name: 'mirror',
  isMirror: true,
  spec: { containers: [], volumes: [{ name: 'v', secret: { secretName: 'stolen' } }] },
};
const PODS: Record<string, PodOnNode[]> = {
  n1: [POD, MIRROR],
  n2: [{ ...POD, name: 'q', spec: { containers: [container], imagePullSecrets: [{ name: 'foreign' }] } }],
};

const authorizer = new NodeAuthorizer({
  references: new NodeReferences((node) => PODS[node] ?? []),
  nodeOfPod: (namespace, name) =>
    Object.keys(PODS).find((node) => PODS[node]?.some((pod) => pod.namespace === namespace && pod.name === name)),
});

const NODE = { user: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

function ask(text: string, selects?: string, user = NODE) {
  const [verb = '', what = '', namespace = '', name = ''] = text.split(' ').map((part) => (part === '-' ? '' : part));
  const [group = '', resource = '', subresource = ''] = what.split('/');
  const [field = '', value = ''] = selects?.split('=') ?? [];
  const fieldSelector: FieldRequirement[] = selects ? [{ field, operator: '=', value }] : [];
  const at = { verb, group: group === 'core' ? '' : group, resource, subresource, namespace, name, fieldSelector };
  const attributes: Attributes = { kind: 'resource', user, ...at };
  const { verdict, reason } = authorizer.authorize(attributes);
  return verdict === 'allow' ? 'yes' : reason || 'no';
}

const UNRELATED = "no relationship found between node 'n1' and this object";
const ONLY_ITSELF = 'can only access node lease with the same name as the requesting node';

describe('a node', () => {
  // Source: plugin/pkg/auth/authorizer/node/node_authorizer_test.go, and the rules of node_authorizer.go.
  it.each([
    ['get core/nodes - n1', 'yes'],
    ['get core/nodes - n2', "node 'n1' cannot read 'n2', only its own Node object"],
    ['list core/nodes', "node 'n1' cannot read all nodes, only its own Node object"],
    ['watch core/nodes - n1', 'yes'],
    ['create core/nodes', 'yes'],
    ['patch core/nodes - n1', 'yes'],
    ['update core/nodes/status - n1', 'yes'],
    ['get core/nodes/status - n1', 'no'],
    ['delete core/nodes - n1', 'no'],
    ['patch core/nodes/proxy - n1', 'no'],
    ['get core/pods ns p', 'yes'],
    ['get core/pods ns q', UNRELATED],
    ['get core/pods ns none', UNRELATED],
    ['list core/pods ns', 'can only list/watch pods with spec.nodeName field selector'],
    ['watch core/pods ns p', 'yes'],
    ['watch core/pods ns q', UNRELATED],
    ['create core/pods ns', 'yes'],
    ['delete core/pods ns q', 'yes'],
    ['update core/pods ns p', 'no'],
    ['deletecollection core/pods ns', 'no'],
    ['patch core/pods/status ns q', 'yes'],
    ['get core/pods/log ns p', 'cannot get subresource'],
    ['create core/pods/exec ns p', 'no'],
    ['create core/pods/eviction ns p', 'yes'],
    ...['pull', 'init-env', 'env', 'debug', 'volume', 'projected', 'csi', 'flex', 'azure'].map((name) => [
      `get core/secrets ns ${name}`,
      'yes',
    ]),
    ['get core/secrets ns foreign', UNRELATED],
    ['get core/secrets ns stolen', UNRELATED],
    ['get core/secrets other pull', UNRELATED],
    ['list core/secrets ns', 'No Object name found'],
    ['watch core/secrets ns pull', 'yes'],
    ['list core/secrets -', 'can only read namespaced object of this type'],
    ['delete core/secrets ns pull', 'can only read resources of this type'],
    ['get core/secrets/x ns pull', 'cannot read subresource'],
    ...['env', 'env-from', 'volume', 'projected'].map((name) => [`get core/configmaps ns ${name}`, 'yes']),
    ['get core/configmaps ns pull', UNRELATED],
    ['get core/persistentvolumeclaims ns claim', 'yes'],
    ['get core/persistentvolumeclaims ns p-v6', 'yes'],
    ['list core/persistentvolumeclaims ns claim', 'can only get individual resources of this type'],
    ['patch core/persistentvolumeclaims/status ns claim', 'yes'],
    ['get core/persistentvolumeclaims/status ns claim', 'can only get/update/patch this type'],
    ['get core/persistentvolumes - x', UNRELATED],
    ['create core/serviceaccounts/token ns account', 'yes'],
    ['create core/serviceaccounts/token ns other', UNRELATED],
    ['create core/serviceaccounts ns x', 'can only create token subresource of serviceaccount'],
    ['get core/serviceaccounts ns account', 'can only create tokens for individual service accounts'],
    ['get coordination.k8s.io/leases kube-node-lease n1', 'yes'],
    ['create coordination.k8s.io/leases kube-node-lease', 'yes'],
    ['update coordination.k8s.io/leases kube-node-lease n2', ONLY_ITSELF],
    ['get coordination.k8s.io/leases ns n1', 'can only access leases in the "kube-node-lease" system namespace'],
    ['list coordination.k8s.io/leases kube-node-lease', 'can only get, create, update, patch, or delete a node lease'],
    ['create certificates.k8s.io/certificatesigningrequests', 'yes'],
    ['get certificates.k8s.io/certificatesigningrequests - x', 'yes'],
    ['update certificates.k8s.io/certificatesigningrequests/approval - x', 'no'],
    ['patch core/events ns e', 'yes'],
    ['delete core/events ns e', 'no'],
    ['list core/services -', 'yes'],
    ['create core/services ns', 'no'],
    ['list core/namespaces -', 'no'],
    ['list apps/daemonsets -', 'no'],
    ['create authorization.k8s.io/subjectaccessreviews -', 'yes'],
    ['get constructor/constructor ns x', 'no'],
  ])('asks to %s: %s', (text, answer) => {
    expect(ask(text ?? '')).toBe(answer);
  });

  it.each([
    ['spec.nodeName=n1', 'yes'],
    ['spec.nodeName=n2', 'can only list/watch pods with spec.nodeName field selector'],
    ['status.phase=n1', 'can only list/watch pods with spec.nodeName field selector'],
  ])('lists pods with %s: %s', (selects, answer) => {
    expect(ask('list core/pods -', selects)).toBe(answer);
  });

  it('is one by its group and its name', () => {
    const asks = (user: string, groups: string[]) => ask('get core/nodes - n1', undefined, { user, groups });
    expect(asks('system:node:n1', ['system:authenticated'])).toBe('no');
    expect(asks('n1', ['system:nodes'])).toBe('no');
    expect(asks('system:node:', ['system:nodes'])).toBe('unknown node for user "system:node:"');
  });

  it('has the references of its pods as they are now', () => {
    const pods: PodOnNode[] = [];
    const references = new NodeReferences(() => pods);
    expect(references.has('n1', 'secrets', 'ns', 'pull')).toBe(false);
    pods.push(POD);
    references.forget('n1');
    expect(references.has('n1', 'secrets', 'ns', 'pull')).toBe(true);
    pods.pop();
    references.forget('n1');
    expect(references.has('n1', 'secrets', 'ns', 'pull')).toBe(false);
  });
});
