import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findShim } from '@everynode/container-shim';
import type { AssignedPod } from '@everynode/kubelet';
import { eventually, mayStartEngine, OwnEngine } from '@everynode/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXEC, LOG, reached, textOf, wholeOf } from '../../../fixtures/client.js';
import { buildShell, DockerMachine } from '../../../fixtures/docker-machine.js';
import { Engine } from './engine.js';

// It is found out before the tests are named: where no engine can run, the run says so in a test of its own.
if (await mayStartEngine()) describe('pods in a Docker Engine', podsInEngine);
else {
  const notice =
    'NOT RUN: the tests of the docker runtime start an engine, which only root can do, with CAP_SYS_ADMIN.';
  process.stderr.write(`\n${notice}\n\n`);
  it(notice, async () => expect(await mayStartEngine()).toBe(false));
}

/** A container that ends when it is told to. The first process of a container heeds no signal by itself. */
const WAITS = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

function podsInEngine(): void {
  const programs = mkdtempSync(join(tmpdir(), 'everynode-shim-'));
  let own: OwnEngine;
  let shim: string;
  let machine: DockerMachine;

  beforeAll(async () => {
    shim = findShim({ named: undefined, cache: programs });
    own = await OwnEngine.begin();
    await buildShell(new Engine(own.socket));
  }, 90_000);

  afterAll(async () => {
    await own.close();
    rmSync(programs, { recursive: true, force: true });
  }, 60_000);

  beforeEach(async () => {
    machine = await DockerMachine.begin(shim, new Engine(own.socket));
  });

  afterEach(() => machine.close());

  async function logOf(pod: AssignedPod, more: object = {}): Promise<string> {
    const here = new AbortController().signal;
    return wholeOf(await machine.runtime.streams.logs(reached(pod), { ...LOG, ...more }, here));
  }

  const untilLog = (pod: AssignedPod, words: string) =>
    eventually(async () => expect(await logOf(pod)).toContain(words));

  it('run the script of the seed: its lines are on the machine, and nothing of it stays', async () => {
    writeFileSync(join(machine.shared, 'seen'), 'content\n');
    const pod = machine.podOf(
      `cat /ro/seen; touch /ro/x 2>&1; ${WAITS.replace('do', 'do echo line >> /var/log/app.log;')}`,
      {
        resources: { limits: { memory: '200Mi' }, requests: { cpu: '100m', memory: '200Mi' } },
        volumeMounts: [
          { name: 'varlog', mountPath: '/var/log' },
          { name: 'varlog', mountPath: '/ro', readOnly: true },
        ],
      },
      { volumes: [{ name: 'varlog', hostPath: { path: machine.shared } }] },
    );
    machine.start(pod);
    await eventually(() => expect(readFileSync(join(machine.shared, 'app.log'), 'utf8')).toContain('line\nline\n'));
    await machine.untilRunning();
    expect(await logOf(pod)).toMatch(/^content\n.*Read-only file system/);
    expect(machine.last?.status).toMatchObject({ phase: 'Running', podIP: expect.stringMatching(/^198\.1[89]\./) });
    expect(machine.mainStatus?.containerID).toBe(`docker://${await machine.idOf(pod, 'main')}`);
    expect(machine.mainStatus?.imageID).toMatch(/^docker:\/\/sha256:[0-9a-f]{64}$/);
    expect(machine.events.map((event) => event.split(':')[0])).toEqual(['Pulled', 'Created', 'Started']);
    expect(await machine.containers()).toEqual(['POD 0 running', 'main 0 running']);
    machine.runtime.stop(pod.metadata.uid, 30);
    await eventually(() => expect(machine.last?.stopped).toBe(true));
    expect(machine.mainStatus?.state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(await machine.containers()).toEqual([]);
    expect(readdirSync(join(machine.state, 'pods'))).toEqual([]);
  });

  it('are killed by their limit of memory, and restarted with a back-off', async () => {
    const limits = { memory: '200Mi' };
    machine.start(machine.podOf('a=xxxxxxxx; while :; do a=$a$a; done', { resources: { limits } }));
    await eventually(() => expect(machine.mainStatus?.state?.waiting?.reason).toBe('CrashLoopBackOff'), 30_000);
    expect(machine.mainStatus?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    expect(machine.mainStatus?.restartCount).toBe(1);
  });

  it('have their variables, those of their image, a user, a name and hosts', async () => {
    machine.objects.set('Secret keys', { revision: 1, content: { data: { key: 'c2VjcmV0' } } });
    const script = 'echo $A $B $C $IMAGE; cat /proc/self/status /etc/hostname /etc/hosts; touch /x';
    const pod = machine.podOf(
      `${script} 2>&1; ${WAITS}`,
      {
        env: [
          { name: 'A', value: 'a' },
          { name: 'B', value: '$(A)b' },
          { name: 'C', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } },
        ],
        securityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        },
      },
      {
        hostname: 'named',
        hostAliases: [{ ip: '1.2.3.4', hostnames: ['aliased'] }],
        securityContext: { runAsUser: 1000, runAsGroup: 1001, supplementalGroups: [7], fsGroup: 8 },
      },
    );
    machine.start(pod);
    await untilLog(pod, 'Read-only file system');
    const log = await logOf(pod);
    expect(log).toMatch(/^a ab secret shell\n/);
    expect(log).toMatch(/Uid:\t1000\t1000[\s\S]*Gid:\t1001\t1001[\s\S]*Groups:\t(1001 )?7 8 ?(1001 )?\n/);
    expect(log).toMatch(/CapBnd:\t0{16}\nCapAmb:\t0{16}\nNoNewPrivs:\t1\nSeccomp:\t0\n/);
    expect(log).toMatch(/\nnamed\n[\s\S]*1\.2\.3\.4\taliased\n/);
  });

  it('see a ConfigMap change at once and whole, and a sub-path of it as it was, and leave no mount', async () => {
    machine.objects.set('ConfigMap settings', { revision: 1, content: { data: { a: 'one\n' } } });
    const pod = machine.podOf(
      `cat /one; touch /empty/made; ${WAITS}`,
      {
        volumeMounts: [
          { name: 'config', mountPath: '/config' },
          { name: 'config', mountPath: '/one', subPath: 'a' },
          { name: 'empty', mountPath: '/empty', subPath: 'deep/er' },
        ],
      },
      {
        volumes: [
          { name: 'config', configMap: { name: 'settings' } },
          { name: 'empty', emptyDir: {} },
        ],
      },
    );
    machine.start(pod);
    await untilLog(pod, 'one\n');
    const volumes = join(machine.state, 'pods', pod.metadata.uid, 'volumes');
    await eventually(() => expect(existsSync(join(volumes, 'empty/deep/er/made'))).toBe(true));
    machine.objects.set('ConfigMap settings', { revision: 2, content: { data: { a: 'two\n' } } });
    const shows = async (path: string) =>
      textOf((await machine.runtime.streams.exec(reached(pod), { ...EXEC, command: ['cat', path] })).stdout);
    await eventually(async () => expect(await shows('/config/a')).toBe('two\n'));
    expect(await shows('/one')).toBe('one\n');
    machine.runtime.forget(pod.metadata.uid);
    await eventually(async () => expect(await machine.containers()).toEqual([]));
    await eventually(() => expect(readdirSync(join(machine.state, 'subpaths'))).toEqual([]));
  });

  it('wait when a sub-path leads out of its volume', async () => {
    symlinkSync('/etc', join(machine.shared, 'out'));
    const pod = machine.podOf(
      WAITS,
      { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'out/passwd' }] },
      { volumes: [{ name: 'v', hostPath: { path: machine.shared } }] },
    );
    machine.start(pod);
    await eventually(() => expect(machine.mainStatus?.state?.waiting?.reason).toBe('CreateContainerConfigError'));
    expect(machine.mainStatus?.state?.waiting?.message).toContain('open sub-path out/passwd');
  });

  it('become ready when a probe of their own address passes, and are reached at ports of the machine', async () => {
    const gate = join(machine.shared, 'gate');
    const port = 20_000 + (process.pid % 10_000);
    const pod = machine.podOf(
      'while [ ! -e /shared/gate ]; do sleep 0.1; done; exec answer 8080 reached',
      {
        ports: [{ name: 'http', containerPort: 8080, hostPort: port, hostIP: '127.0.0.1' }],
        readinessProbe: { httpGet: { port: 'http' }, periodSeconds: 1 },
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      },
      { volumes: [{ name: 'shared', hostPath: { path: machine.shared } }] },
    );
    machine.start(pod);
    await eventually(() => expect(machine.events.join('\n')).toContain('Unhealthy: Readiness probe failed'));
    expect(machine.isReady).toBe(false);
    writeFileSync(gate, '');
    await eventually(() => expect(machine.isReady).toBe(true));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('reached');
    const connection = await machine.runtime.streams.connectPort(reached(pod), 8080);
    connection.write('GET / HTTP/1.0\r\n\r\n');
    expect(await text(connection)).toContain('reached');
  });

  it('are restarted when a probe in them fails', async () => {
    const pod = machine.podOf(`trap "exit 0" TERM; touch /alive; while :; do sleep 0.1; done`, {
      livenessProbe: { exec: { command: ['cat', '/alive'] }, periodSeconds: 1, failureThreshold: 1 },
    });
    machine.start(pod);
    await machine.untilRunning();
    const removed = await machine.runtime.streams.exec(reached(pod), { ...EXEC, command: ['rm', '/alive'] });
    expect(await removed.exited).toBe(0);
    await eventually(() => expect(machine.mainStatus?.restartCount).toBe(1));
    expect(machine.events.join('\n')).toContain('Container main failed liveness probe, will be restarted');
  });

  it('are killed after their grace when they do not heed the signal', async () => {
    const pod = machine.podOf('trap "echo heard" TERM; echo ready; while :; do sleep 0.1; done');
    machine.start(pod);
    await untilLog(pod, 'ready');
    const beginMs = performance.now();
    machine.runtime.stop(pod.metadata.uid, 3);
    await untilLog(pod, 'heard');
    await eventually(() => expect(machine.last?.stopped).toBe(true));
    expect(performance.now() - beginMs).toBeGreaterThan(2900);
    expect(machine.mainStatus?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
  });

  it('say why they end: in their own words, or in the end of their log', async () => {
    const own = machine.podOf('echo last words > /dev/termination-log; exit 3');
    const fallBack = { terminationMessagePolicy: 'FallbackToLogsOnError' };
    const logged = machine.podOf('echo one; echo two; exit 1', fallBack);
    for (const pod of [own, logged]) machine.start(pod);
    await eventually(() => {
      const last = { exitCode: 3, reason: 'Error', message: 'last words\n' };
      expect(machine.mainOf(own)?.lastState?.terminated).toMatchObject(last);
      expect(machine.mainOf(logged)?.lastState?.terminated?.message).toBe('one\ntwo\n');
    });
  });

  it('are shown as ones that cannot be started, pulled or run as root', async () => {
    const pods = {
      started: machine.podOf('', { command: ['/no/such'] }),
      pulled: machine.podOf('', { image: '127.0.0.1:1/none:1' }),
      named: machine.podOf('', { image: 'No/Image', imagePullPolicy: 'IfNotPresent' }),
      kept: machine.podOf('', { image: 'none:1', imagePullPolicy: 'Never' }),
      rooted: machine.podOf('', { securityContext: { runAsNonRoot: true } }),
    };
    for (const pod of Object.values(pods)) machine.start(pod);
    const waitingOf = (pod: AssignedPod) => machine.mainOf(pod)?.state?.waiting;
    await eventually(() => {
      const terminated = { reason: 'StartError', message: expect.stringContaining('/no/such') };
      expect(machine.mainOf(pods.started)?.lastState).toMatchObject({ terminated });
      for (const pod of [pods.pulled, pods.named]) {
        expect(waitingOf(pod)?.reason).toMatch(/^(ErrImagePull|ImagePullBackOff)$/);
      }
      expect(waitingOf(pods.kept)?.reason).toBe('ErrImageNeverPull');
      expect(waitingOf(pods.rooted)?.message).toContain('container has runAsNonRoot and image will run as root');
    }, 20_000);
  });

  it('have their images pulled with the secrets for their registry', async () => {
    const asked = new Set<string | undefined>();
    const registry = createServer(({ headers }, response) => {
      asked.add(headers.authorization);
      const isIn = headers.authorization !== undefined;
      response.writeHead(isIn ? 404 : 401, { 'WWW-Authenticate': 'Basic realm="test"' }).end();
    });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
    const place = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
    const inBase64 = (text: string) => Buffer.from(text).toString('base64');
    const auths = inBase64(JSON.stringify({ auths: { [place]: { username: 'u', password: 'p' } } }));
    machine.objects.set('Secret login', { revision: 1, content: { data: { '.dockerconfigjson': auths } } });
    machine.start(
      machine.podOf('', { image: `${place}/x:1` }, { imagePullSecrets: [{ name: 'login' }, { name: 'missing' }] }),
    );
    try {
      await eventually(() => expect([...asked]).toContain(`Basic ${inBase64('u:p')}`));
      await eventually(() => expect(machine.mainStatus?.state?.waiting?.reason).toMatch(/ImagePull/));
      expect(machine.events.join('\n')).toContain('Unable to retrieve some image pull secrets (missing)');
    } finally {
      registry.close();
    }
  });

  it('are held to new limits while they run', async () => {
    const withMemory = (memory: string) => ({ resources: { limits: { memory } } });
    const pod = machine.podOf(WAITS, withMemory('100Mi'));
    machine.start(pod);
    await machine.untilRunning();
    const id = await machine.idOf(pod, 'main');
    const memoryOf = async () =>
      ((await machine.engine.inspect(id)) as unknown as { HostConfig: { Memory: number } }).HostConfig.Memory;
    expect(await memoryOf()).toBe(100 << 20);
    const changed = structuredClone(pod);
    changed.metadata.generation = 2;
    Object.assign(changed.spec.containers[0] ?? {}, withMemory('120Mi'));
    machine.start(changed);
    await eventually(async () => expect(await memoryOf()).toBe(120 << 20));
    expect(machine.mainStatus).toMatchObject({ restartCount: 0, resources: { limits: { memory: '120Mi' } } });
  });

  it('show their log: followed to the end, that of the run before, its end, and lines of any length', async () => {
    const gate = join(machine.shared, 'gate');
    const pod = machine.podOf(
      'a=xxxxxxxxxx; a=$a$a$a$a$a$a$a$a$a$a; a=$a$a$a$a$a$a$a$a$a$a; a=$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a; ' +
        'echo $a; echo begin; while [ ! -e /shared/gate ]; do sleep 0.1; done; rm /shared/gate; echo end >&2; exit 1',
      { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] },
      { volumes: [{ name: 'shared', hostPath: { path: machine.shared } }] },
    );
    machine.start(pod);
    await untilLog(pod, 'begin');
    const long = 'x'.repeat(20_000);
    const followed = logOf(pod, { follow: true });
    writeFileSync(gate, '');
    expect(await followed).toBe(`${long}\nbegin\nend\n`);
    await eventually(() => expect(machine.mainStatus?.restartCount).toBe(1));
    expect(await logOf(pod, { previous: true, tailLines: 2 })).toBe('begin\nend\n');
    expect(await logOf(pod, { previous: true, stream: 'Stderr' })).toBe('end\n');
    expect(await logOf(pod, { previous: true, tailLines: 1, timestamps: true })).toMatch(/^\d{4}-.*Z end\n$/);
    expect(await logOf(pod, { previous: true, since: new Date(Date.now() + 60_000).toISOString() })).toBe('');
  });

  it('are asked for no more of their log when its reader is gone, though nothing more is written', async () => {
    const pod = machine.podOf(`echo only; ${WAITS}`);
    machine.start(pod);
    await untilLog(pod, 'only');
    const leaving = new AbortController();
    const log = await machine.runtime.streams.logs(reached(pod), { ...LOG, follow: true }, leaving.signal);
    const lines = log[Symbol.asyncIterator]();
    expect((await lines.next()).value).toEqual(Buffer.from('only\n'));
    const waiting = lines.next();
    leaving.abort();
    await expect(waiting).rejects.toThrow('aborted');
  });

  it('use what the engine counts for them', async () => {
    const busy = machine.podOf('while :; do :; done');
    const idle = machine.podOf(WAITS);
    for (const pod of [busy, idle]) machine.start(pod);
    await eventually(() => {
      for (const pod of [busy, idle]) expect(machine.mainOf(pod)?.state?.running).toBeDefined();
    });
    const [used] = await machine.runtime.streams.usage([machine.node.name]);
    const of = ({ metadata }: AssignedPod) => used?.pods.find(({ uid }) => uid === metadata.uid)?.containers[0];
    expect(of(busy)?.cpuNanocores).toBeGreaterThan(50e6);
    expect(of(idle)?.cpuNanocores).toBeLessThan(of(busy)?.cpuNanocores ?? 0);
    expect(of(idle)?.workingSetBytes).toBeGreaterThan(2 ** 14);
  });

  it('run commands with input, exit codes and terminals, and let clients attach', async () => {
    const pod = machine.podOf('while read line; do echo got $line; done', { stdin: true });
    machine.start(pod);
    await machine.untilRunning();
    const { streams } = machine.runtime;
    const io = { ...EXEC, stdin: true };
    const command = ['sh', '-c', 'cat; echo err >&2; exit 7'];
    const run = await streams.exec(reached(pod), { ...io, command });
    const output = Promise.all([textOf(run.stdout), textOf(run.stderr)]);
    run.stdin?.end('typed');
    expect(await output).toEqual(['typed', 'err\n']);
    expect(await run.exited).toBe(7);
    const onTerminal = { ...io, tty: true, command: ['sh', '-c', 'read line; echo at $line'] };
    const terminal = await streams.exec(reached(pod), onTerminal);
    terminal.resize(100, 40);
    terminal.stdin?.write('tty\n');
    expect(await textOf(terminal.stdout)).toBe('tty\r\nat tty\r\n');
    expect(terminal.stderr).toBeUndefined();
    const attached = await streams.attach(reached(pod), { ...io, kind: 'attach' });
    attached.stdin?.write('hello\n');
    await untilLog(pod, 'got hello\n');
    attached.close();
    const gone = streams.exec({ ...reached(pod), uid: 'other' }, { ...io, command });
    await expect(gone).rejects.toThrow('is not on this node any more');
  });

  describe('after a restart of the agent', () => {
    it('go on, are probed, and can be stopped', async () => {
      const pod = machine.podOf(WAITS, { readinessProbe: { exec: { command: ['ls'] }, periodSeconds: 1 } });
      machine.start(pod);
      await eventually(() => expect(machine.isReady).toBe(true));
      const { podIP } = machine.last?.status ?? {};
      const before = await machine.idOf(pod, 'main');
      await machine.restart();
      await eventually(() => expect(machine.runtime.pods()).toHaveLength(1));
      expect(machine.runtime.find(pod.metadata.uid)?.ip).toBe(podIP);
      expect(await machine.idOf(pod, 'main')).toBe(before);
      machine.runtime.stop(pod.metadata.uid, 30);
      await eventually(() => expect(machine.last?.stopped).toBe(true));
      expect(machine.mainStatus?.restartCount).toBe(0);
      expect(machine.events.filter((event) => event.startsWith('Started'))).toEqual([]);
    });

    it('are restarted when they have ended meanwhile, with their exit', async () => {
      const pod = machine.podOf('trap "echo why > /dev/termination-log; exit 4" TERM; while :; do sleep 0.1; done');
      machine.start(pod);
      await machine.untilRunning();
      const id = await machine.idOf(pod, 'main');
      machine.stop();
      await machine.engine.kill(id, 'SIGTERM');
      await eventually(async () => expect(await machine.containers()).toContain('main 0 exited'));
      await machine.restart();
      await eventually(() =>
        expect(machine.mainStatus?.lastState?.terminated).toMatchObject({ exitCode: 4, message: 'why\n' }),
      );
    });

    it('run once when their start was cut off', async () => {
      const pod = machine.podOf(
        `echo start >> /shared/starts; ${WAITS}`,
        { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] },
        { volumes: [{ name: 'shared', hostPath: { path: machine.shared } }] },
      );
      machine.start(pod);
      await eventually(async () => expect(await machine.containers()).toContain('POD 0 running'));
      await machine.restart();
      await machine.untilRunning();
      expect(await machine.containers()).toEqual(['POD 0 running', expect.stringMatching(/^main \d running$/)]);
    });

    it('are removed when they are assigned no more, and when no pod owns them', async () => {
      const mounts = { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'sub' }] };
      const volumes = { volumes: [{ name: 'v', emptyDir: {} }] };
      const pod = machine.podOf(WAITS, mounts, volumes);
      const other = machine.podOf(WAITS, mounts, volumes);
      for (const one of [pod, other]) {
        machine.start(one);
        await machine.untilRunning();
      }
      machine.stop();
      rmSync(join(machine.state, 'pods', other.metadata.uid), { recursive: true });
      await machine.restart();
      await eventually(async () => expect(await machine.containers()).toEqual(['POD 0 running', 'main 0 running']));
      await eventually(() => expect(readdirSync(join(machine.state, 'subpaths'))).toEqual([pod.metadata.uid]));
      machine.runtime.forget(pod.metadata.uid);
      await eventually(async () => expect(await machine.containers()).toEqual([]));
    });
  });

  it('begin anew when their sandbox ends, and when the engine is started again', async () => {
    const pod = machine.podOf(
      WAITS,
      {},
      { initContainers: [{ name: 'first', image: 'everynode-test/shell:1', args: ['-c', ''] }] },
    );
    machine.start(pod);
    await machine.untilRunning();
    await machine.engine.kill(await machine.idOf(pod), 'SIGKILL');
    await eventually(() => expect(machine.mainStatus).toMatchObject({ restartCount: 1, state: { running: {} } }));
    expect(machine.events).toContain('SandboxChanged: Pod sandbox changed, it will be killed and re-created.');
    expect(machine.last?.status.initContainerStatuses?.[0]?.restartCount).toBe(1);
    await own.stop();
    await own.start();
    await eventually(() => expect(machine.mainStatus?.restartCount).toBeGreaterThan(1), 30_000);
    await machine.untilRunning();
    expect(await machine.containers()).toContain('POD 0 running');
    machine.runtime.stop(pod.metadata.uid, 30);
    await eventually(() => expect(machine.last?.stopped).toBe(true));
    expect(await machine.containers()).toEqual([]);
  });
}
