import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FoundKubectl, findKubectls, Kubectl } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { startStack, type TestStack } from './stack.js';

/**
 * One session with the oldest and the newest kubectl of this machine (with EVERYNODE_ALL_KUBECTLS=1 with each). What
 * kubectl prints depends on the server far more than on its version, so one table is valid for all; where the wording
 * of versions differs, the pattern allows it. The versions that were found are in the tests' names: there is always
 * one.
 */
const SLOW = 120_000;
const found = await findKubectls();
const played = process.env.EVERYNODE_ALL_KUBECTLS ? found : [...new Set([found[0], found.at(-1)])];

let stack: TestStack;
let home: string;

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '2', '--agents', '1']);
  // kubectl caches discovery in its home: each run has to ask the server.
  home = await mkdtemp(join(tmpdir(), 'everynode-kubectl-home-'));
}, 180_000);

afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
}, 60_000);

const manifest = (image: string): string =>
  stringify({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'd', labels: { app: 'd' } },
    spec: {
      selector: { matchLabels: { app: 'd' } },
      template: {
        metadata: { labels: { app: 'd' } },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image }] },
      },
    },
  });

const map = (fields: object): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, ...fields });

interface Step {
  /** Split at blanks; `NODE` and `POD` stand for names. */
  run: string;
  input?: string;
  /** Of stdout and stderr together. */
  says: RegExp | string;
  exitCode?: number;
  editor?: string;
}

const STEPS: Step[] = [
  {
    run: 'apply -f - --dry-run=server',
    input: manifest('app:1'),
    says: /daemonset.apps\/d created \(server dry run\)/,
  },
  { run: 'diff -f -', input: manifest('app:1'), says: /^\+\s+- image: app:1$/m, exitCode: 1 },
  { run: 'apply -f -', input: manifest('app:1'), says: 'daemonset.apps/d created' },
  { run: 'rollout status ds/d --timeout=60s', says: /daemon set "d" successfully rolled out$/ },
  { run: 'apply -f -', input: manifest('app:1'), says: 'daemonset.apps/d unchanged' },
  { run: 'apply -f -', input: manifest('app:2'), says: 'daemonset.apps/d configured' },
  { run: 'rollout history ds/d', says: /^REVISION {2}CHANGE-CAUSE\n1 +<none>\n2 +<none>/m },
  { run: 'rollout undo ds/d', says: 'daemonset.apps/d rolled back' },
  { run: 'rollout pause ds/d', says: /daemonsets.apps "d" pausing is not supported/, exitCode: 1 },
  { run: 'set image ds/d c=app:3', says: 'daemonset.apps/d image updated' },
  { run: 'rollout status ds/d --timeout=60s', says: /successfully rolled out$/ },
  {
    run: 'get ds -o wide',
    says: /^NAME +DESIRED +CURRENT +READY +UP-TO-DATE +AVAILABLE +NODE SELECTOR +AGE +CONTAINERS +IMAGES +SELECTOR\nd +2 +2 +2 +2 +2 +<none> +\w+ +c +app:3 +app=d$/,
  },
  { run: 'get ds,cm,sa -o name', says: 'daemonset.apps/d\nconfigmap/kube-root-ca.crt\nserviceaccount/default' },
  { run: 'get all', says: /^pod\/d-\w{5} +1\/1 +Running +0 /m },
  {
    run: 'get pods --field-selector spec.nodeName=NODE -L app --no-headers',
    says: /^d-\w{5} +1\/1 +Running +0 +\w+ +d$/,
  },
  { run: 'patch ds d -p {"metadata":{"labels":{"p":"strategic"}}}', says: 'daemonset.apps/d patched' },
  { run: 'patch ds d --type=merge -p {"metadata":{"labels":{"p":"merge"}}}', says: 'daemonset.apps/d patched' },
  {
    run: 'patch ds d --type=json -p [{"op":"test","path":"/metadata/labels/p","value":"merge"},{"op":"remove","path":"/metadata/labels/p"}]',
    says: 'daemonset.apps/d patched',
  },
  { run: 'label pod POD a=b', says: /^pod\/d-\w{5} labeled$/ },
  { run: 'annotate ds d note=x', says: /^daemonset.apps\/d annotated?$/ },
  { run: 'edit ds d', says: 'daemonset.apps/d edited', editor: 'sed -i s/app:3/app:4/' },
  { run: 'get ds d -o jsonpath={.spec.template.spec.containers[*].image}', says: 'app:4' },
  { run: 'apply --server-side -f -', input: manifest('app:5'), says: /conflict with "kubectl-edit"/, exitCode: 1 },
  {
    run: 'apply --server-side --force-conflicts -f -',
    input: manifest('app:5'),
    says: 'daemonset.apps/d serverside-applied',
  },
  { run: 'rollout status ds/d --timeout=60s', says: /successfully rolled out$/ },
  { run: 'describe ds d', says: /^Pods Status: +2 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m },
  { run: 'wait pods -l app=d --for=condition=Ready --timeout=30s', says: /^(pod\/d-\w{5} condition met\n?){2}$/ },
  { run: 'drain NODE', says: /cannot delete DaemonSet-managed Pods/, exitCode: 1 },
  { run: 'drain NODE --ignore-daemonsets', says: /^node\/NODE drained$/m },
  { run: 'uncordon NODE', says: 'node/NODE uncordoned' },
  { run: 'taint node NODE k=v:PreferNoSchedule', says: 'node/NODE tainted' },
  { run: 'taint node NODE k-', says: 'node/NODE untainted' },
  { run: 'describe node NODE', says: /^Non-terminated Pods: +\(\d+ in total\)$/m },
  { run: 'run lone --image=b --restart=Never', says: 'pod/lone created' },
  { run: 'wait pod/lone --for=condition=Ready --timeout=30s', says: 'pod/lone condition met' },
  { run: 'delete pod lone --now', says: /^pod "lone" deleted/ },
  { run: 'explain ds.spec.updateStrategy', says: /rollingUpdate\t?\s*<RollingUpdateDaemonSet>/ },
  { run: 'api-resources --api-group=apps', says: /^daemonsets +ds +apps\/v1 +true +DaemonSet$/m },
  { run: 'auth can-i create pods', says: 'yes' },
  { run: 'cluster-info', says: /control plane.* is running at .*https:\/\/127\.0\.0\.1:/ },
  { run: 'apply -f -', input: map({ zzz: 1 }), says: /unknown field "zzz"/, exitCode: 1 },
  {
    run: 'apply -f -',
    input: map({ apiVersion: 'v2' }),
    says: /no matches for kind "ConfigMap" in version "v2"/,
    exitCode: 1,
  },
  { run: 'get pod nothing', says: /^Error from server \(NotFound\): pods "nothing" not found$/, exitCode: 1 },
  { run: 'delete ds d --cascade=foreground', says: /^daemonset\.apps "d" deleted/ },
  { run: 'get pods', says: /^No resources found in \S+ namespace\.$/ },
];

async function play({ path, version }: FoundKubectl): Promise<void> {
  const kubectl = await Kubectl.for(stack.kubectl.kubeconfig, path);
  const namespace = `v${version.replace('.', '-')}`;
  const env = { HOME: join(home, version) };
  const node = 'node-00001';
  await kubectl.run(['create', 'namespace', namespace]);
  for (const { run, input, says, exitCode = 0, editor } of STEPS) {
    let pod = '';
    if (run.includes('POD')) {
      pod = (await kubectl.run(['get', 'pods', '-n', namespace, '-o', 'jsonpath={.items[0].metadata.name}'])) || 'none';
    }
    const args = run.split(' ').map((word) => word.replace('NODE', node).replace('POD', pod));
    const result = await kubectl.try(['-n', namespace, ...args], input, { ...env, ...(editor && { EDITOR: editor }) });
    const output = `${result.stdout}\n${result.stderr}`.trim().replaceAll(node, 'NODE');
    const where = `kubectl ${version} ${run}`;
    if (typeof says === 'string') expect(output, where).toBe(says);
    else expect(output, where).toMatch(says);
    expect(result.exitCode, where).toBe(exitCode);
  }
  await kubectl.run(['delete', 'namespace', namespace, '--wait=false']);
}

describe(`a session with kubectl (found: ${found.map(({ version }) => version).join(', ')})`, () => {
  it.each(played.flatMap((each) => (each ? [[each.version, each] as const] : [])))(
    '%s',
    { timeout: SLOW },
    async (_version, each) => {
      await play(each);
    },
  );
});
