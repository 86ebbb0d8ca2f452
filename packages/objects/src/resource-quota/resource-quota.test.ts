import { describe, expect, it } from 'vitest';
import type { PodSpec, ResourceQuota, ResourceQuotaSpec } from '../kinds/api-types.js';
import { writtenAmounts } from './amounts.js';
import { type CountedObject, chargeQuotas, countingQuota, QuotaRecount } from './index.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const pod = (spec: object = {}, status: object = {}, metadata: object = {}): CountedObject => ({
  metadata,
  spec: { containers: [container({})], ...spec } as PodSpec,
  status,
});
const container = (resources: object, name = 'c') => ({ name, resources });

/** A quota whose status has counted nothing yet. */
const quota = (hard: Record<string, string>, spec: ResourceQuotaSpec = {}, used?: Record<string, string>) =>
  ({
    metadata: { name: 'q' },
    spec: { hard, ...spec },
    status: { hard, used: used ?? Object.fromEntries(Object.keys(hard).map((name) => [name, '0'])) },
  }) satisfies ResourceQuota;

function usedAfter(of: ResourceQuota, resource: string, after: CountedObject, before?: CountedObject) {
  const write = { resource, name: 'x', before, after, isBounded: true, now: NOW };
  const [used] = chargeQuotas([countingQuota(of)], write);
  return used && writtenAmounts(used);
}

describe('what an object counts for', () => {
  const every = { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } };
  it.each<[name: string, resource: string, object: CountedObject, hard: string[], used: Record<string, string>]>([
    [
      'a pod',
      'pods',
      pod({ containers: [container(every), container(every, 'd')] }),
      ['pods', 'count/pods', 'cpu', 'requests.cpu', 'limits.cpu', 'memory', 'limits.memory'],
      {
        pods: '1',
        'count/pods': '1',
        cpu: '1',
        'requests.cpu': '1',
        'limits.cpu': '4',
        memory: '2Gi',
        'limits.memory': '2Gi',
      },
    ],
    [
      'devices and huge pages',
      'pods',
      pod({ containers: [container({ requests: { 'example.com/gpu': '2', 'hugepages-2Mi': '4Mi' } })] }),
      ['requests.example.com/gpu', 'hugepages-2Mi', 'requests.hugepages-2Mi'],
      { 'requests.example.com/gpu': '2', 'hugepages-2Mi': '4Mi', 'requests.hugepages-2Mi': '4Mi' },
    ],
    [
      'the overhead of a pod',
      'pods',
      pod({ containers: [container(every)], overhead: { cpu: '100m' } }),
      ['requests.cpu', 'limits.cpu'],
      { 'requests.cpu': '600m', 'limits.cpu': '2100m' },
    ],
    [
      'a pod that is being made smaller: what its node has still allocated',
      'pods',
      pod(
        { containers: [container(every)] },
        {
          containerStatuses: [
            {
              name: 'c',
              allocatedResources: { cpu: '1', memory: '1Gi' },
              resources: { requests: { cpu: '800m' }, limits: { cpu: '3' } },
            },
          ],
        },
      ),
      ['requests.cpu', 'limits.cpu', 'requests.memory', 'limits.memory'],
      { 'requests.cpu': '1', 'limits.cpu': '3', 'requests.memory': '1Gi', 'limits.memory': '1Gi' },
    ],
    [
      'a pod that can never be as large as was asked for: what it has',
      'pods',
      pod(
        { containers: [container(every)] },
        {
          conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }],
          containerStatuses: [{ name: 'c', resources: { requests: { cpu: '200m' }, limits: { cpu: '1' } } }],
        },
      ),
      ['requests.cpu', 'limits.cpu'],
      { 'requests.cpu': '200m', 'limits.cpu': '1' },
    ],
    [
      'a sidecar that is being made smaller, and no other init container',
      'pods',
      pod(
        {
          containers: [container({ requests: { cpu: '0' } })],
          initContainers: [
            { ...container({ requests: { cpu: '1' } }, 's'), restartPolicy: 'Always' },
            container({ requests: { cpu: '1' } }, 'i'),
          ],
        },
        {
          initContainerStatuses: ['s', 'i'].map((name) => ({ name, resources: { requests: { cpu: '2' } } })),
        },
      ),
      ['requests.cpu'],
      { 'requests.cpu': '3' },
    ],
    [
      'a pod that has ended',
      'pods',
      pod({}, { phase: 'Failed' }),
      ['pods', 'count/pods'],
      { pods: '0', 'count/pods': '1' },
    ],
    [
      'a pod of a lost node',
      'pods',
      pod({}, {}, { deletionTimestamp: '2025-12-31T23:59:00Z', deletionGracePeriodSeconds: 30 }),
      ['pods', 'count/pods'],
      { pods: '0', 'count/pods': '1' },
    ],
    [
      'a pod that is ending',
      'pods',
      pod({}, {}, { deletionTimestamp: '2025-12-31T23:59:45Z', deletionGracePeriodSeconds: 30 }),
      ['pods'],
      { pods: '1' },
    ],
    ['a ConfigMap', 'configmaps', {}, ['configmaps', 'count/configmaps'], { configmaps: '1', 'count/configmaps': '1' }],
    [
      'a DaemonSet',
      'daemonsets.apps',
      {},
      ['count/daemonsets.apps', 'pods'],
      { 'count/daemonsets.apps': '1', pods: '0' },
    ],
    [
      'a Service with node ports',
      'services',
      { spec: { type: 'NodePort', ports: [{}, {}] } },
      ['services', 'services.nodeports', 'services.loadbalancers'],
      { services: '1', 'services.nodeports': '2', 'services.loadbalancers': '0' },
    ],
    [
      'a balanced Service that asks for no node ports',
      'services',
      { spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{}, { nodePort: 30000 }] } },
      ['services.nodeports', 'services.loadbalancers'],
      { 'services.nodeports': '1', 'services.loadbalancers': '1' },
    ],
    [
      'a volume claim of a class',
      'persistentvolumeclaims',
      { spec: { storageClassName: 'gold', resources: { requests: { storage: '1.5' } } } },
      ['persistentvolumeclaims', 'requests.storage', 'gold.storageclass.storage.k8s.io/requests.storage'],
      {
        persistentvolumeclaims: '1',
        'requests.storage': '2',
        'gold.storageclass.storage.k8s.io/requests.storage': '2',
      },
    ],
  ])('%s', (_name, resource, object, hard, used) => {
    const of = quota(Object.fromEntries(hard.map((name) => [name, '100Gi'])));
    expect(usedAfter(of, resource, object)).toEqual(used);
    const recount = new QuotaRecount(of, [resource], NOW);
    if (recount.resources.includes(resource)) recount.add(resource, object);
    expect(recount.status.used).toEqual(used);
  });
});

describe('a quota with scopes', () => {
  const classed = pod({ priorityClassName: 'high' });
  const select = (operator: string, ...values: string[]): ResourceQuotaSpec => ({
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, ...(values[0] && { values }) }] },
  });
  const foreign = { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'k', namespaces: ['other'] }] };
  it.each<[name: string, spec: ResourceQuotaSpec, object: CountedObject, isIn: boolean]>([
    ['with a deadline', { scopes: ['Terminating'] }, pod({ activeDeadlineSeconds: 0 }), true],
    ['with a deadline', { scopes: ['NotTerminating'] }, pod({ activeDeadlineSeconds: 0 }), false],
    ['of best effort', { scopes: ['BestEffort'] }, pod(), true],
    ['of best effort', { scopes: ['NotBestEffort', 'NotTerminating'] }, pod(), false],
    ['with requests', { scopes: ['NotBestEffort'] }, pod({}, { qosClass: 'Burstable' }), true],
    ['of a class', { scopes: ['PriorityClass'] }, classed, true],
    ['of no class', { scopes: ['PriorityClass'] }, pod(), false],
    ['of a class', select('In', 'high', 'low'), classed, true],
    ['of no class', select('In', 'high'), pod(), false],
    ['of a class', select('NotIn', 'high'), classed, false],
    ['of no class', select('NotIn', 'high'), pod(), true],
    ['of no class', select('DoesNotExist'), pod(), true],
    ['near others', { scopes: ['CrossNamespacePodAffinity'] }, pod({ affinity: { podAffinity: foreign } }), true],
    ['alone', { scopes: ['CrossNamespacePodAffinity'] }, pod(), false],
  ])('counts a pod %s (%j) or does not', (_name, spec, object, isIn) => {
    expect(usedAfter(quota({ pods: '1' }, spec), 'pods', object)).toEqual(isIn ? { pods: '1' } : undefined);
  });

  it('counts no other objects', () => {
    expect(usedAfter(quota({ services: '0' }, { scopes: ['BestEffort'] }), 'services', { spec: {} })).toBeUndefined();
  });
});

describe('a write that a quota refuses', () => {
  const refusal = (of: ResourceQuota, resource: string, after: CountedObject, before?: CountedObject): string => {
    try {
      usedAfter(of, resource, after, before);
      return 'allowed';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const half = pod({ containers: [container({ requests: { cpu: '500m', memory: '1Gi' } })] });
  it.each<[name: string, of: ResourceQuota, resource: string, object: CountedObject, message: string]>([
    [
      'too much of two things',
      quota(
        { 'requests.cpu': '1', 'requests.memory': '1Gi', pods: '5' },
        {},
        { 'requests.cpu': '600m', 'requests.memory': '512Mi', pods: '1' },
      ),
      'pods',
      half,
      'pods "x" is forbidden: exceeded quota: q, requested: requests.cpu=500m,requests.memory=1Gi, used: requests.cpu=600m,requests.memory=512Mi, limited: requests.cpu=1,requests.memory=1Gi',
    ],
    [
      'what containers do not say',
      quota({ 'limits.cpu': '1', 'requests.memory': '1', 'count/pods': '1' }),
      'pods',
      pod({
        containers: [container({}, 'b'), container({}, 'a')],
        initContainers: [container({ limits: { cpu: '1' } }, 'i')],
      }),
      'pods "x" is forbidden: failed quota: q: must specify limits.cpu for: a,b; requests.memory for: a,b,i',
    ],
    [
      'what was not counted yet',
      quota({ pods: '1', configmaps: '1' }, {}, {}),
      'pods',
      pod(),
      'pods "x" is forbidden: status unknown for quota: q, resources: pods',
    ],
    [
      'an object of a group',
      quota({ 'count/daemonsets.apps': '0' }),
      'daemonsets.apps',
      {},
      'daemonsets.apps "x" is forbidden: exceeded quota: q, requested: count/daemonsets.apps=1, used: count/daemonsets.apps=0, limited: count/daemonsets.apps=0',
    ],
  ])('%s', (_name, of, resource, object, message) => {
    expect(refusal(of, resource, object)).toBe(message);
  });

  it('is no pod that says what it needs as a whole', () => {
    const whole = pod({ resources: { requests: { cpu: '1' } } });
    expect(refusal(quota({ 'requests.cpu': '1', 'limits.memory': '1' }), 'pods', whole)).toBe('allowed');
  });

  it('is held to the difference: a quota that is exceeded already takes what needs no more', () => {
    const full = quota({ 'services.nodeports': '1', services: '0' }, {}, { 'services.nodeports': '3', services: '2' });
    const service = (type: string) => ({ spec: { type, ports: [{}] } });
    expect(refusal(full, 'services', service('ClusterIP'), service('NodePort'))).toBe('allowed');
    expect(refusal(full, 'services', service('NodePort'), service('ClusterIP'))).toBe(
      'services "x" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=3, limited: services.nodeports=1',
    );
  });

  it('is no pod that moves into the scope of a full quota while it lives', () => {
    const full = quota({ pods: '1' }, { scopes: ['Terminating'] }, { pods: '1' });
    expect(usedAfter(full, 'pods', pod({ activeDeadlineSeconds: 5 }), pod())).toEqual({ pods: '2' });
  });
});
