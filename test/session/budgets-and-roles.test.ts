import { eventually, type Kubectl } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from './stack.js';

/** Objects that a chart installs beside its DaemonSet, and evictions by an administrator. */
const SLOW = 60_000;

let stack: TestStack;
let kubectl: Kubectl;

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '3', '--agents', '1']);
  kubectl = stack.kubectl;
}, 180_000);

afterAll(async () => {
  await stack.stop();
}, 60_000);

describe('roles and their bindings', () => {
  it('is answered to a person and to a service account', async () => {
    expect(await kubectl.run('auth can-i delete nodes')).toBe('yes');
    expect(await kubectl.run('auth can-i --list')).toMatch(/^\*\.\*\s+\[\]\s+\[\]\s+\[\*\]$/m);
    expect(await kubectl.run('auth whoami')).toContain('system:masters');
    const token = await kubectl.run('create token default --duration=10m');
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
    const answer = JSON.parse(await kubectl.run('create -f - -o json', JSON.stringify(review)));
    expect(answer.status.user.username).toBe('system:serviceaccount:default:default');
  });

  it('comes back when what stands in every namespace is deleted', async () => {
    await kubectl.run('delete serviceaccount/default configmap/kube-root-ca.crt');
    await eventually(() => kubectl.run('get serviceaccount/default configmap/kube-root-ca.crt'));
  });
});

describe('a pod that runs', () => {
  const pod = (of: string): Promise<string> => kubectl.run(['get', 'pod', 'web', '-o', `jsonpath={${of}}`]);

  it('is resized in place', async () => {
    const resources = { requests: { cpu: '100m' } };
    const containers = [{ name: 'web', image: 'web:1', resources }];
    const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers } };
    await kubectl.run('apply -f -', JSON.stringify(manifest));
    await kubectl.run('wait pod/web --for=condition=Ready --timeout=30s');
    const patch = JSON.stringify({ spec: { containers: [{ name: 'web', resources: { requests: { cpu: '200m' } } }] } });
    await kubectl.run(['patch', 'pod', 'web', '--subresource=resize', '-p', patch]);
    await eventually(async () => expect(await pod('.status.containerStatuses[0].resources.requests.cpu')).toBe('200m'));
    expect(await pod('.status.containerStatuses[0].restartCount')).toBe('0');
  });

  it('runs an ephemeral container', async () => {
    await kubectl.run('debug web --image=busybox --container=look --profile=general --attach=false');
    await eventually(async () =>
      expect(await pod('.status.ephemeralContainerStatuses[0].state.running.startedAt')).not.toBe(''),
    );
    await kubectl.run('delete pod web --now');
  });
});

describe('roles and bindings', () => {
  const chart = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: collector}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "example:collector"}
rules:
- {apiGroups: [""], resources: [pods, namespaces], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "example:collector"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "example:collector"}
subjects:
- {kind: ServiceAccount, name: collector, namespace: default}
- {kind: User, name: ann}
`;

  it('come with a chart, and show', async () => {
    expect(await kubectl.run('apply -f -', chart)).toContain(
      'clusterrolebinding.rbac.authorization.k8s.io/example:collector created',
    );
    expect(await kubectl.run('apply -f -', chart)).toContain(
      'clusterrole.rbac.authorization.k8s.io/example:collector unchanged',
    );
    const rows = await kubectl.table('get clusterrolebindings -o wide');
    expect(rows.find(({ NAME }) => NAME === 'example:collector')).toMatchObject({
      NAME: 'example:collector',
      ROLE: 'ClusterRole/example:collector',
      USERS: 'ann',
      SERVICEACCOUNTS: 'default/collector',
    });
    expect(await kubectl.run('describe clusterrole example:collector')).toMatch(
      /^ {2}pods\s+\[\]\s+\[\]\s+\[get list watch\]$/m,
    );
    await kubectl.run('create role reader --verb=get --resource=pods');
    await kubectl.run('create rolebinding reads --role=reader --user=ann');
    expect(await kubectl.table('get rolebindings')).toMatchObject([{ NAME: 'reads', ROLE: 'Role/reader' }]);
  });

  it('are refused as upstream refuses them', async () => {
    const refusal = async (object: object) => (await kubectl.try('create -f -', JSON.stringify(object))).stderr;
    const group = 'rbac.authorization.k8s.io';
    const meta = { apiVersion: `${group}/v1`, metadata: { name: 'bad' } };
    expect(await refusal({ ...meta, kind: 'Role', rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] })).toContain(
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    );
    expect(
      await refusal({ ...meta, kind: 'ClusterRole', rules: [{ verbs: [], apiGroups: [''], resources: ['pods'] }] }),
    ).toContain('rules[0].verbs: Required value: verbs must contain at least one value');
    const roleRef = { apiGroup: group, kind: 'Role', name: 'r' };
    expect(await refusal({ ...meta, kind: 'ClusterRoleBinding', roleRef })).toContain(
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    );
    const subjects = [{ kind: 'ServiceAccount', name: 's' }];
    // In a RoleBinding it is an account of the same namespace.
    const clusterRole = { ...roleRef, kind: 'ClusterRole' };
    expect(await refusal({ ...meta, kind: 'ClusterRoleBinding', roleRef: clusterRole, subjects })).toContain(
      'subjects[0].namespace: Required value',
    );
    const moved = await kubectl.try([
      'patch',
      'rolebinding',
      'reads',
      '-p',
      JSON.stringify({ roleRef: { apiGroup: group, kind: 'Role', name: 'other' } }),
    ]);
    expect(moved.stderr).toContain('cannot change roleRef');
  });
});

describe('a disruption budget', () => {
  const budget = async () => (await kubectl.table('get pdb web'))[0];

  it('counts the pods it guards', { timeout: SLOW }, async () => {
    for (const name of ['web-1', 'web-2']) await kubectl.run(`run ${name} --image=web --labels=app=web`);
    await kubectl.run('create pdb web --selector=app=web --min-available=1');
    await eventually(
      async () =>
        expect(await budget()).toMatchObject({
          'MIN AVAILABLE': '1',
          'MAX UNAVAILABLE': 'N/A',
          'ALLOWED DISRUPTIONS': '1',
        }),
      SLOW,
    );
  });

  it('allows the evictions that it has left, and blocks a drain after them', { timeout: SLOW }, async () => {
    const nodeOf = (pod: string) => kubectl.run(`get pod ${pod} -o jsonpath={.spec.nodeName}`);
    const [first, second] = [await nodeOf('web-1'), await nodeOf('web-2')];
    expect(first).not.toBe(second);
    await kubectl.run(`drain ${first} --force --ignore-daemonsets`);
    await eventually(async () => expect((await budget())?.['ALLOWED DISRUPTIONS']).toBe('0'), SLOW);
    const held = await kubectl.try(`drain ${second} --force --ignore-daemonsets --timeout=3s`);
    expect(held.exitCode).not.toBe(0);
    expect(held.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
    expect((await kubectl.table('get pods -l app=web')).map(({ NAME }) => NAME)).toEqual(['web-2']);
    await kubectl.run('run web-3 --image=web --labels=app=web');
    await eventually(async () => expect((await budget())?.['ALLOWED DISRUPTIONS']).toBe('1'), SLOW);
    await kubectl.run(`drain ${second} --force --ignore-daemonsets`);
    expect((await kubectl.table('get pods -l app=web')).map(({ NAME }) => NAME)).toEqual(['web-3']);
  });

  it('is refused with both limits, or with values that are not valid', async () => {
    const refusal = async (spec: object) => {
      const object = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'bad' }, spec };
      return (await kubectl.try('create -f -', JSON.stringify(object))).stderr;
    };
    expect(await refusal({ minAvailable: 1, maxUnavailable: 1 })).toContain(
      'minAvailable and maxUnavailable cannot be both set',
    );
    expect(await refusal({ minAvailable: '120%' })).toContain(
      'spec.minAvailable: Invalid value: "120%": must not be greater than 100%',
    );
    expect(await refusal({ minAvailable: 1, unhealthyPodEvictionPolicy: 'x' })).toContain('Unsupported value: "x"');
  });
});
