import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, Kubectl } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { fluentd } from './manifests.js';
import { startStack, type TestStack } from './stack.js';

const SLOW = 60_000;
const VIEWER = 'system:serviceaccount:team:viewer';

let stack: TestStack;
let admin: Kubectl;
/** kubectl of a service account that is bound to `view` in the namespace `team`. */
let viewer: Kubectl;
let directory: string;

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '3', '--agents', '1']);
  admin = stack.kubectl;
  await admin.run('create namespace team');
  await admin.run('create serviceaccount viewer -n team');
  await admin.run('create rolebinding viewer -n team --clusterrole=view --serviceaccount=team:viewer');
  await admin.run('create secret generic password -n team --from-literal=k=v');
  await admin.run('apply -f -', await manifest());
  await admin.run('rollout status ds/fluentd-elasticsearch -n team --timeout=60s');
  directory = await mkdtemp(join(tmpdir(), 'everynode-viewer-'));
  viewer = await Kubectl.for(await kubeconfigOf(await admin.run('create token viewer -n team')));
}, 180_000);

afterAll(async () => {
  await stack.stop();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const manifest = (image?: string) =>
  fluentd((daemonSet) => {
    daemonSet.metadata = { ...daemonSet.metadata, namespace: 'team' };
    const [container] = daemonSet.spec.template.spec?.containers ?? [];
    if (container && image !== undefined) container.image = image;
  });

/** The administrator's kubeconfig with a token in place of the certificate. */
async function kubeconfigOf(token: string): Promise<string> {
  const config = parse(await readFile(admin.kubeconfig, 'utf8')) as { users: { name: string; user: object }[] };
  const users = config.users.map(({ name }) => ({ name, user: { token } }));
  const path = join(directory, 'viewer');
  await writeFile(path, stringify({ ...config, users }), { mode: 0o600 });
  return path;
}

/** What kubectl prints of a command that has to be refused. */
async function refusal(command: string | string[], input?: string): Promise<string> {
  const { stderr, exitCode } = await viewer.try(command, input);
  expect(exitCode).not.toBe(0);
  return stderr;
}

const cannot = (what: string) => `User "${VIEWER}" cannot ${what}`;

describe('a user who may read one namespace', () => {
  it('knows who it is and what it may do', async () => {
    expect(await viewer.run('auth whoami')).toContain(VIEWER);
    expect(await viewer.run('auth can-i list daemonsets -n team')).toBe('yes');
    for (const command of ['get secrets -n team', 'list pods -n default', 'list pods -A', 'patch daemonsets -n team']) {
      expect((await viewer.try(`auth can-i ${command}`)).stdout).toContain('no');
    }
    const rules = await viewer.run('auth can-i --list -n team');
    expect(rules).toMatch(/^daemonsets\.apps\s+\[\]\s+\[\]\s+\[get list watch\]$/m);
    expect(rules).not.toContain('secrets');
  });

  it('sees what runs there', { timeout: SLOW }, async () => {
    expect(await viewer.table('get daemonsets -n team')).toMatchObject([{ NAME: 'fluentd-elasticsearch', READY: '3' }]);
    expect(await viewer.table('get pods -n team')).toHaveLength(3);
    expect(await viewer.run('get all,events,configmaps,serviceaccounts -n team')).toContain('daemonset.apps/fluentd');
    expect(await viewer.run('describe ds/fluentd-elasticsearch -n team')).toContain('Desired Number of Nodes');
    expect(await viewer.run('rollout status ds/fluentd-elasticsearch -n team')).toContain('successfully rolled out');
    expect(await viewer.run('rollout history ds/fluentd-elasticsearch -n team')).toContain('REVISION');
    expect(await viewer.run('get pods -n team --watch --request-timeout=2s')).toContain('fluentd-elasticsearch-');
    expect(await viewer.run('get namespace team')).toContain('Active');
    expect(await viewer.run('explain daemonset.spec')).toContain('updateStrategy');
    expect(await viewer.run('api-resources')).toContain('daemonsets');
    expect(await viewer.run('version')).toContain('Server Version');
  });

  it.each([
    ['get secrets -n team', 'list resource "secrets" in API group "" in the namespace "team"'],
    ['get pods -n default', 'list resource "pods" in API group "" in the namespace "default"'],
    ['get pods -A', 'list resource "pods" in API group "" at the cluster scope'],
    ['get nodes', 'list resource "nodes" in API group "" at the cluster scope'],
    ['get namespaces', 'list resource "namespaces" in API group "" at the cluster scope'],
    ['get roles -n team', 'list resource "roles" in API group "rbac.authorization.k8s.io" in the namespace "team"'],
    ['delete ds/fluentd-elasticsearch -n team', 'delete resource "daemonsets" in API group "apps"'],
    ['label ds/fluentd-elasticsearch a=b -n team', 'patch resource "daemonsets" in API group "apps"'],
    ['rollout restart ds/fluentd-elasticsearch -n team', 'patch resource "daemonsets" in API group "apps"'],
    ['create token viewer -n team', 'create resource "serviceaccounts/token" in API group ""'],
    ['run web --image=web -n team', 'create resource "pods" in API group ""'],
    [
      'create rolebinding more -n team --clusterrole=admin --serviceaccount=team:viewer',
      'create resource "rolebindings" in API group "rbac.authorization.k8s.io" in the namespace "team"',
    ],
    ['get pods -n team --as=system:admin', 'impersonate resource "users" in API group "" at the cluster scope'],
    ['get --raw /metrics', 'get path "/metrics"'],
  ])('is refused: kubectl %s', async (command, what) => {
    expect(await refusal(command)).toContain(cannot(what));
  });

  it('changes nothing by applying a manifest', async () => {
    const text = await refusal('apply -f -', await manifest('other:1'));
    expect(text).toContain(cannot('patch resource "daemonsets" in API group "apps" in the namespace "team"'));
    const server = await refusal('apply --server-side -f -', await manifest('other:1'));
    expect(server).toContain(cannot('patch resource "daemonsets"'));
    expect(await admin.run('get ds -n team -o jsonpath={..image}')).not.toContain('other:1');
  });
});

describe('an administrator', () => {
  it('sees by --as what others see', async () => {
    expect(await admin.run(`auth can-i get pods -n team --as=${VIEWER}`)).toBe('yes');
    const { stderr } = await admin.try(`delete ds/fluentd-elasticsearch -n team --as=${VIEWER}`);
    expect(stderr).toContain(cannot('delete resource "daemonsets"'));
    expect(await admin.run('auth whoami --as=ann --as-group=dev --as-uid=u -o json')).toContain('"username": "ann"');
  });

  it('reconciles roles from a file', async () => {
    const role = (verbs: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: robot-reader
  labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}
rules:
- {apiGroups: ["example.com"], resources: [robots], verbs: [${verbs}]}
`;
    await admin.run('auth reconcile -f -', role('get'));
    await admin.run('auth reconcile -f -', role('list'));
    expect(await admin.run('get clusterrole robot-reader -o jsonpath={.rules[*].verbs}')).toMatch(/get.*list/);
    await eventually(async () => {
      const rules = await admin.run('describe clusterrole view');
      expect(rules).toMatch(/^ {2}robots\.example\.com\s+\[\]\s+\[\]\s+\[get list\]$/m);
    });
  });
});
