import { fileURLToPath } from 'node:url';
import { eventually, Helm, type Kubectl } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from './stack.js';

/** A DaemonSet with what charts bring beside it: accounts, roles, a Service, a budget, a CSI driver, a hook. */
const CHART = fileURLToPath(new URL('./chart', import.meta.url));
const WAIT = '--namespace logging --wait --timeout 60s';

let stack: TestStack;
let kubectl: Kubectl;
let helm: Helm;

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '3', '--agents', '1']);
  kubectl = stack.kubectl;
}, 180_000);

afterAll(async () => {
  await stack.stop();
}, 60_000);

const image = () => kubectl.run('-n logging get daemonset/log -o jsonpath={.spec.template.spec.containers[0].image}');
const revisions = async () => {
  const history = JSON.parse(await helm.run('history log --namespace logging -o json'));
  return history.map(({ revision, status }: { revision: number; status: string }) => [revision, status]);
};

/** What each version calls an upgrade that goes back when it fails. */
const VERSIONS = [
  [3, '--atomic'],
  [4, '--rollback-on-failure'],
] as const;

describe.each(VERSIONS)(
  'helm %i',
  (version, orGoesBack) => {
    beforeAll(async () => {
      helm = await Helm.for(kubectl.kubeconfig, version);
    });

    it('installs a chart, and waits until its pods are ready', async () => {
      await helm.run(`install log ${CHART} --create-namespace ${WAIT}`);
      expect(await kubectl.run('-n logging get daemonset/log -o jsonpath={.status.numberReady}')).toBe('3');
      expect(await kubectl.run('-n logging get service/log -o jsonpath={.spec.clusterIP}')).toMatch(/^10\./);
      expect(await helm.run('status log --namespace logging')).toMatch(/^STATUS: deployed$/m);
      // What helm has written is what the chart says.
      const manifest = await helm.run('get manifest log --namespace logging');
      expect(await kubectl.try('-n logging diff -f -', manifest)).toMatchObject({ exitCode: 0, stdout: '' });
    });

    it('upgrades it, rolls it back, and has a history of that', async () => {
      await helm.run(`upgrade log ${CHART} --set image=registry.example.com/collector:2.0 ${WAIT}`);
      expect(await image()).toBe('registry.example.com/collector:2.0');
      await helm.run(`rollback log 1 ${WAIT}`);
      expect(await image()).toBe('registry.example.com/collector:1.0');
      expect(await revisions()).toEqual([
        [1, 'superseded'],
        [2, 'superseded'],
        [3, 'deployed'],
      ]);
    });

    it('names the kind and the object of an error, and rolls back what it had begun', async () => {
      const { exitCode, stderr } = await helm.try(`upgrade log ${CHART} --set port=70000 ${WAIT} ${orGoesBack}`);
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain('Service "log" is invalid: spec.ports[0].port: Invalid value: 70000');
      expect(await kubectl.run('-n logging get service/log -o jsonpath={.spec.ports[0].port}')).toBe('2020');
      expect((await revisions()).at(-1)).toEqual([5, 'deployed']);
    });

    it('waits for a Deployment, and is warned of a kind that nothing acts on', async () => {
      const { exitCode, stderr } = await helm.try(`upgrade log ${CHART} --set dashboard=true ${WAIT}`);
      expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('stores the Deployment')]);
      expect(stderr).toContain('Everynode stores the Ingress, and nothing acts on it');
      const ready = await kubectl.run('-n logging get deployment/log-dashboard -o jsonpath={.status.readyReplicas}');
      expect(ready).toBe('1');
    });

    it('goes back when the pods of a Deployment do not start', async () => {
      const broken = '--set dashboard=true --set dashboardImage=dashboard:non-existent';
      const wait = `--namespace logging --wait --timeout 5s ${orGoesBack}`;
      const { exitCode } = await helm.try(`upgrade log ${CHART} ${broken} ${wait}`);
      expect(exitCode).not.toBe(0);
      await kubectl.run('-n logging rollout status deployment/log-dashboard --timeout=30s');
      expect((await revisions()).at(-1)?.[1]).toBe('deployed');
    });

    it('takes everything away, and may use the name again', async () => {
      await helm.run(`uninstall log ${WAIT}`);
      const kinds = 'daemonset,deployment,replicaset,service,pipeline,poddisruptionbudget,serviceaccount,configmap';
      const left = await kubectl.run(`-n logging get ${kinds} -o name`);
      expect(left.split('\n').filter((name) => name.endsWith('/log'))).toEqual([]);
      expect(
        (await kubectl.try('get clusterrole/log clusterrolebinding/log csidriver/log.csi.example.com')).exitCode,
      ).toBe(1);
      await eventually(async () => expect(await kubectl.run('-n logging get pods -o name')).toBe(''));
      await helm.run(`install log ${CHART} ${WAIT} ${orGoesBack}`);
      expect(await revisions()).toEqual([[1, 'deployed']]);
      await helm.run(`uninstall log ${WAIT}`);
    });
  },
  150_000,
);
