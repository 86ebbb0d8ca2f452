import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DaemonSet, Pod } from '@everynode/objects';
import { eventually, mayStartEngine, OwnEngine } from '@everynode/test-kit';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildMachineAgent, buildShell, type Docker, dockerAt } from '../containers/local-images.js';
import { type RunningCommand, startStack, type TestStack } from './stack.js';

const manifest = readFileSync(
  fileURLToPath(new URL('../../examples/fluentd-elasticsearch.yaml', import.meta.url)),
  'utf8',
);
const IMAGE = 'everynode-test/writer:1';
const WRITER = 'trap "exit 0" TERM; echo begun; while :; do echo line >> /var/log/app.log; sleep 0.2; done';
const NODE = 'machine-1';

// It is found out before the tests are named: where no engine can run, the run says so in a test of its own.
if (await mayStartEngine()) describe('a machine with an engine', machine);
else {
  const notice = 'NOT RUN: this test starts a Docker Engine, which only root can do, with CAP_SYS_ADMIN.';
  process.stderr.write(`\n${notice}\n\n`);
  it(notice, async () => expect(await mayStartEngine()).toBe(false));
}

/** The seed's manifest, with a program that is there, and the folders of the machine in one of the test. */
function writerManifest(folder: string): string {
  const daemon = parse(manifest) as DaemonSet;
  const spec = daemon.spec?.template.spec;
  if (!spec) throw new Error('the manifest has no pods');
  const [container] = spec.containers;
  if (!container || !spec.volumes) throw new Error('the manifest has another form');
  Object.assign(container, { image: IMAGE, args: ['-c', WRITER] });
  spec.volumes = spec.volumes.map(({ name }) => ({ name, hostPath: { path: join(folder, name) } }));
  spec.nodeSelector = { 'kubernetes.io/hostname': NODE };
  return JSON.stringify(daemon);
}

/** A folder at the same place in a container, with what is mounted in it on either side. */
const sharedAt = (folder: string): string => `type=bind,source=${folder},target=${folder},bind-propagation=rshared`;

function machine(): void {
  const folder = mkdtempSync(join(tmpdir(), 'everynode-machine-'));
  let engine: OwnEngine;
  let docker: Docker;
  let stack: TestStack;
  let agent: RunningCommand | undefined;
  let command: string[];

  beforeAll(async () => {
    engine = await OwnEngine.begin();
    docker = dockerAt(`unix://${engine.socket}`);
    await buildShell(docker, IMAGE);
    stack = await startStack(['--fresh', '--nodes', '1', '--agents', '1', '--scheduler-replicas', '1'], {
      EVERYNODE_DOCKER_SOCKET: engine.socket,
    });
    const [, , joining = ''] = (await stack.everynode('token', 'create', '--nodes', NODE)).split('\n');
    command = [...joining.split(' ').slice(1), '--name', NODE, '--directory', join(folder, 'identity')];
    command.push('--runtime', 'docker', '--state', join(folder, 'state'), '--host-root', folder);
  }, 180_000);

  afterAll(async () => {
    await agent?.stop();
    await stack.stop();
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }, 90_000);

  const begin = () => {
    agent = stack.run(...command);
    return agent;
  };

  async function podOnMachine(): Promise<Pod | undefined> {
    const { items } = JSON.parse(
      await stack.kubectl.run(`-n kube-system get pods -o json --field-selector=spec.nodeName=${NODE}`),
    ) as { items: Pod[] };
    return items[0];
  }

  const lines = (): number => readFileSync(join(folder, 'varlog', 'app.log'), 'utf8').split('\n').length;

  it('runs the manifest of the seed: what kubectl shows is what the machine has, whatever becomes of the agent', async () => {
    const { kubectl } = stack;
    const first = begin();
    await kubectl.run('apply -f -', writerManifest(folder));
    await eventually(async () => {
      const shown = await kubectl.run('-n kube-system get ds fluentd-elasticsearch -o jsonpath={.status.numberReady}');
      expect(shown).toBe('1');
    }, 60_000);
    await eventually(() => expect(lines()).toBeGreaterThan(2));
    const pod = await podOnMachine();
    const name = pod?.metadata?.name ?? '';
    expect(await kubectl.run(`-n kube-system logs ${name}`)).toContain('begun');
    expect(await kubectl.run(`-n kube-system exec ${name} -- cat /proc/1/comm`)).toContain('sh');
    expect(await kubectl.run(`get node ${NODE} -o jsonpath={.status.nodeInfo.containerRuntimeVersion}`)).toMatch(
      /^docker:/,
    );
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const before = lines();
    await eventually(() => expect(lines()).toBeGreaterThan(before + 2));
    begin();
    await eventually(async () => {
      expect(await kubectl.run(`-n kube-system exec ${name} -- cat /proc/1/comm`)).toContain('sh');
    }, 60_000);
    const after = await podOnMachine();
    const { containerID, imageID } = pod?.status?.containerStatuses?.[0] ?? {};
    expect(after?.status?.containerStatuses?.[0]).toMatchObject({ containerID, imageID, restartCount: 0, ready: true });
    await kubectl.run('-n kube-system delete ds fluentd-elasticsearch');
    await eventually(async () => expect(await podOnMachine()).toBeUndefined(), 60_000);
    expect(await docker('ps', '-aq')).toBe('');
  }, 240_000);

  it('runs it in the same way where the agent is a container of the engine itself', async () => {
    const { kubectl } = stack;
    await agent?.stop();
    const image = await buildMachineAgent(docker);
    // Volumes of pods that the agent mounts are to be seen by the engine.
    await execa('mount', ['--bind', folder, folder]);
    await execa('mount', ['--make-rshared', folder]);
    const mounts = [`type=bind,source=${engine.socket},target=/var/run/docker.sock`, sharedAt(folder)];
    const rights = ['--cap-add=SYS_ADMIN', '--security-opt=apparmor=unconfined', '--security-opt=seccomp=unconfined'];
    const place = ['--network=host', ...rights, ...mounts.flatMap((mount) => ['--mount', mount])];
    await docker('run', '--detach', '--name=machine-agent', ...place, image, ...command.slice(2));
    try {
      await kubectl.run('apply -f -', writerManifest(folder));
      await eventually(async () => {
        const path = 'jsonpath={.status.numberReady}';
        expect(await kubectl.run(`-n kube-system get ds fluentd-elasticsearch -o ${path}`)).toBe('1');
      }, 60_000);
      const name = (await podOnMachine())?.metadata?.name ?? '';
      expect(await kubectl.run(`-n kube-system logs ${name}`)).toContain('begun');
      const before = lines();
      await eventually(() => expect(lines()).toBeGreaterThan(before));
      await kubectl.run('-n kube-system delete ds fluentd-elasticsearch');
      await eventually(async () => expect(await podOnMachine()).toBeUndefined(), 60_000);
    } finally {
      await docker('rm', '--force', 'machine-agent');
      await execa('umount', ['--recursive', folder]);
    }
  }, 240_000);
}
