import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findShim } from '@everynode/container-shim';
import { eventually } from '@everynode/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXEC, LOG, reached, textOf, wholeOf } from '../../../fixtures/client.js';
import { ProcessMachine, scriptPod } from '../../../fixtures/process-machine.js';

const programs = mkdtempSync(join(tmpdir(), 'everynode-shim-'));
let shim: string;
let machine: ProcessMachine;

beforeAll(() => {
  shim = findShim({ named: undefined, cache: programs });
});

beforeEach(() => {
  machine = new ProcessMachine(shim);
});

afterAll(() => rmSync(programs, { recursive: true, force: true }));

afterEach(() => machine.close());

describe('a pod of processes', () => {
  it('runs the script of the seed: its lines are on the machine, and it goes without a trace', async () => {
    const target = join(machine.root, 'varlog');
    const pod = scriptPod(
      `while :; do echo line >> ${target}/app.log; sleep 0.05; done`,
      { image: 'writer:1', volumeMounts: [{ name: 'varlog', mountPath: target }] },
      { volumes: [{ name: 'varlog', hostPath: { path: machine.shared } }] },
    );
    machine.start(pod);
    await eventually(() => expect(readFileSync(join(machine.shared, 'app.log'), 'utf8')).toContain('line\nline\n'));
    await machine.untilRunning();
    expect(machine.last?.status).toMatchObject({ phase: 'Running', podIP: '127.0.0.1', hostIP: '127.0.0.1' });
    expect(machine.events.map((event) => event.split(':')[0])).toEqual(['Pulled', 'Created', 'Started']);
    machine.runtime.stop(pod.metadata.uid, 1);
    await eventually(() => expect(machine.last?.stopped).toBe(true));
    expect(readdirSync(join(machine.state, 'pods'))).toEqual([]);
    expect(readdirSync(join(machine.state, 'logs', 'pods'))).toEqual([]);
    expect(readdirSync(target)).toEqual([]);
  });

  it('is not written to where a mount is read-only', async () => {
    writeFileSync(join(machine.shared, 'seen'), 'content\n');
    const target = join(machine.root, 'at');
    const pod = scriptPod(
      `cat ${target}/seen; touch ${target}/x 2>&1; exec sleep 1000`,
      { volumeMounts: [{ name: 'v', mountPath: target, readOnly: true }] },
      { volumes: [{ name: 'v', hostPath: { path: machine.shared, type: 'Directory' } }] },
    );
    machine.start(pod);
    await eventually(() => expect(machine.logOf(pod).join('\n')).toMatch(/content\n.*Read-only file system/));
  });

  it.each([
    ['by default', {}, {}, 'refused'],
    ['with hostPID', { hostPID: true }, {}, 'refused'],
    ['with privileges', {}, { securityContext: { privileged: true } }, 'allowed'],
  ])('sets what the kernel does only with privileges: %s', async (_case, spec, container, outcome) => {
    const script = '(: >> /proc/sys/kernel/core_pattern) 2>/dev/null && echo allowed || echo refused; exec sleep 1000';
    const pod = scriptPod(script, container, spec);
    machine.start(pod);
    await eventually(() => expect(machine.logOf(pod)).toEqual([outcome]));
  });

  it.each([
    ['Directory', 'file', 'is not a directory'],
    ['File', 'folder', 'is not a file'],
    ['Socket', 'file', 'is not a socket'],
    ['CharDevice', 'file', 'is not a character device'],
    ['BlockDevice', 'missing', 'is not a block device'],
    ['FileOrCreate', 'missing/file', 'no such file or directory'],
  ])('waits for a hostPath of type %s that is a %s', async (type, what, words) => {
    writeFileSync(join(machine.shared, 'file'), '');
    mkdirSync(join(machine.shared, 'folder'));
    const path = join(machine.shared, what);
    machine.start(scriptPod('true', {}, { volumes: [{ name: 'v', hostPath: { path, type } }] }));
    await eventually(() => expect(machine.events.join('\n')).toContain(words));
    expect(machine.events[0]).toMatch(/^FailedMount: MountVolume.SetUp failed for volume "v" : /);
    expect(machine.mainStatus?.state?.waiting?.reason).toBe('ContainerCreating');
  });

  it('sees nothing of the folder of its agent, neither there nor in a volume that has it', async () => {
    machine.state = join(machine.shared, 'state');
    const target = join(machine.root, 'at');
    const pod = scriptPod(
      `ls -A ${machine.state} ${target}/state; cat ${target}/own/key; echo; exec sleep 1000`,
      {
        volumeMounts: [
          { name: 'all', mountPath: target },
          { name: 'own', mountPath: `${target}/own` },
        ],
      },
      {
        volumes: [
          { name: 'all', hostPath: { path: machine.shared } },
          { name: 'own', secret: { secretName: 's' } },
        ],
      },
    );
    machine.objects.set('Secret s', { revision: 1, content: { data: { key: btoa('value') } } });
    machine.start(pod);
    await eventually(() =>
      expect(machine.logOf(pod).filter(Boolean)).toEqual([`${target}/state:`, `${machine.state}:`, 'value']),
    );
  });

  it('mounts nothing of the machine that is not below its roots, whatever links lead there', async () => {
    symlinkSync('/etc', join(machine.shared, 'link'));
    const path = join(machine.shared, 'link');
    machine.start(scriptPod('true', {}, { volumes: [{ name: 'v', hostPath: { path } }] }));
    await eventually(() => expect(machine.events.join('\n')).toContain('is not below a folder that this node allows'));
  });

  it.each([
    ['in the folder of the agent itself', () => join(machine.root, 'shared', 'state'), /is in the folder of the agent/],
    ['that is not absolute', () => 'shared', /is not below a folder/],
  ])('mounts no hostPath %s', async (_what, path, words) => {
    machine.state = join(machine.shared, 'state');
    machine.start(scriptPod('true', {}, { volumes: [{ name: 'v', hostPath: { path: path() } }] }));
    await eventually(() => expect(machine.events.at(-1)).toMatch(words));
  });

  it('waits where links on a hostPath lead in a circle', async () => {
    symlinkSync(join(machine.shared, 'circle'), join(machine.shared, 'circle'));
    const path = join(machine.shared, 'circle');
    machine.start(scriptPod('true', {}, { volumes: [{ name: 'v', hostPath: { path } }] }));
    await eventually(() => expect(machine.events.at(-1)).toContain('ELOOP'));
  });

  it('may say its end as any user, and nothing is read through what it puts in place of the file', async () => {
    const said = scriptPod('echo bye > /dev/termination-log', { securityContext: { runAsUser: 1000 } });
    machine.start(said);
    await eventually(() =>
      expect(machine.mainStatus?.lastState?.terminated?.message ?? machine.mainStatus?.state?.terminated?.message).toBe(
        'bye\n',
      ),
    );
  });

  it('is restarted with a back-off when it fails, and says why in its own words', async () => {
    const pod = scriptPod('echo last words > /dev/termination-log; exit 3');
    machine.start(pod);
    await eventually(() => expect(machine.mainStatus?.state?.waiting?.reason).toBe('CrashLoopBackOff'));
    expect(machine.mainStatus?.lastState?.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
      message: 'last words\n',
    });
    expect(machine.mainStatus?.restartCount).toBe(1);
  });

  it('says the end of its log where it says nothing else', async () => {
    machine.start(scriptPod('echo one; echo two >&2; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' }));
    await eventually(() => expect(machine.mainStatus?.lastState?.terminated?.message).toBe('one\ntwo\n'));
  });

  it('is shown as one that cannot be started when its program is not there', async () => {
    machine.start(scriptPod('', { command: ['/no/such'] }));
    await eventually(() => expect(machine.mainStatus?.lastState?.terminated?.reason).toBe('StartError'));
    expect(machine.mainStatus?.lastState?.terminated?.message).toContain('exec: /no/such');
  });

  it('has no lower oom_score_adj than its agent may set', async () => {
    machine.leastOomScore = 100;
    const amounts = { cpu: '10m', memory: '10Mi' };
    const pod = scriptPod('cat /proc/self/oom_score_adj; exec sleep 1000', {
      resources: { requests: amounts, limits: amounts },
    });
    machine.start(pod);
    await eventually(() => expect(machine.logOf(pod)).toEqual(['100']));
  });

  it('waits for an image that this node does not know', async () => {
    machine.start(scriptPod('', { image: 'unknown:1' }));
    await eventually(() =>
      expect(machine.mainStatus?.state?.waiting?.reason).toMatch(/^(ErrImagePull|ImagePullBackOff)$/),
    );
  });

  it('has its variables, from fields, resources and objects', async () => {
    machine.objects.set('ConfigMap settings', { revision: 1, content: { data: { color: 'green' } } });
    machine.objects.set('Secret keys', { revision: 1, content: { data: { key: 'c2VjcmV0' } } });
    const pod = scriptPod('echo "$A $B $C $D $E $F"; echo $0 $1; exec sleep 1000', {
      args: ['-c', 'echo "$A $B $C $D $E $color"; echo $0; exec sleep 1000', '$(A)$$(B)$(X)'],
      env: [
        { name: 'A', value: 'a' },
        { name: 'B', value: '$(A)b' },
        { name: 'C', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        { name: 'E', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } },
      ],
      envFrom: [{ configMapRef: { name: 'settings' } }],
      resources: { limits: { memory: '200Mi' } },
    });
    machine.start(pod);
    await eventually(() => expect(machine.logOf(pod)).toEqual(['a ab machine-1 200 secret green', 'a$(B)$(X)']));
  });

  it('waits for a ConfigMap, and sees its change at once and whole', async () => {
    const target = join(machine.root, 'config');
    const pod = scriptPod(
      `cat ${target}/a ${target}/b; exec sleep 1000`,
      { volumeMounts: [{ name: 'config', mountPath: target }] },
      { volumes: [{ name: 'config', configMap: { name: 'settings' } }] },
    );
    machine.start(pod);
    await eventually(() => expect(machine.events.join('\n')).toContain('configmap "settings" not found'));
    machine.objects.set('ConfigMap settings', { revision: 1, content: { data: { a: '1\n', b: '1\n' } } });
    await eventually(() => expect(machine.logOf(pod)).toEqual(['1', '1']));
    const folder = join(machine.state, 'pods', pod.metadata.uid, 'volumes', 'config');
    const before = readlinkSync(join(folder, '..data'));
    machine.objects.set('ConfigMap settings', { revision: 2, content: { data: { a: '2\n', c: '2\n' } } });
    await eventually(() => expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('2\n'));
    expect(readlinkSync(join(folder, '..data'))).not.toBe(before);
    expect(readdirSync(folder).filter((name) => !name.startsWith('..'))).toEqual(['a', 'c']);
    await eventually(() => expect(existsSync(join(folder, before))).toBe(false));
  });

  it('has the token of its service account, in memory', async () => {
    const target = join(machine.root, 'serviceaccount');
    const projected = { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }] };
    const pod = scriptPod(
      `cat ${target}/token; echo; exec sleep 1000`,
      { volumeMounts: [{ name: 'token', mountPath: target, readOnly: true }] },
      { volumes: [{ name: 'token', projected }] },
    );
    machine.start(pod);
    await eventually(() => expect(machine.logOf(pod)).toEqual(['token 1 for ']));
    expect(readFileSync('/proc/mounts', 'utf8')).toContain(
      `tmpfs ${join(machine.state, 'pods', pod.metadata.uid, 'volumes', 'token')} tmpfs`,
    );
  });

  it('becomes ready when its probe passes, and is restarted when it is not alive', async () => {
    const ready = join(machine.shared, 'ready');
    const dead = join(machine.shared, 'dead');
    const pod = scriptPod('exec sleep 1000', {
      readinessProbe: { exec: { command: ['test', '-e', ready] }, periodSeconds: 1 },
      livenessProbe: { exec: { command: ['test', '!', '-e', dead] }, periodSeconds: 1, failureThreshold: 1 },
    });
    machine.start(pod);
    await machine.untilRunning();
    await eventually(() => expect(machine.events.join('\n')).toContain('Unhealthy: Readiness probe failed'));
    expect(machine.isReady).toBe(false);
    writeFileSync(ready, '');
    await eventually(() => expect(machine.isReady).toBe(true));
    writeFileSync(dead, '');
    await eventually(() => expect(machine.mainStatus?.restartCount).toBe(1));
    expect(machine.events.join('\n')).toContain('Container main failed liveness probe, will be restarted');
  });

  it('is killed after its grace when it does not heed the signal', async () => {
    const pod = scriptPod('trap "echo heard" TERM; echo ready; while :; do sleep 0.1; done');
    machine.start(pod);
    await eventually(() => expect(machine.logOf(pod)).toContain('ready'));
    const beginMs = performance.now();
    machine.runtime.stop(pod.metadata.uid, 3);
    await eventually(() => expect(machine.logOf(pod)).toContain('heard'));
    await eventually(() => expect(machine.last?.stopped).toBe(true));
    expect(performance.now() - beginMs).toBeGreaterThan(2900);
    expect(machine.mainStatus?.state?.terminated?.exitCode).toBe(137);
  });

  it('has no more than its grace for a preStop hook', async () => {
    const hooked = join(machine.shared, 'hooked');
    const pod = scriptPod('trap "exit 0" TERM; while :; do sleep 0.1; done', {
      lifecycle: { preStop: { exec: { command: ['sh', '-c', `touch ${hooked}; sleep 1000`] } } },
    });
    machine.start(pod);
    await machine.untilRunning();
    const beginMs = performance.now();
    machine.runtime.stop(pod.metadata.uid, 2);
    await eventually(() => expect(machine.last?.stopped).toBe(true));
    expect(existsSync(hooked)).toBe(true);
    expect(performance.now() - beginMs).toBeGreaterThan(1900);
    expect(performance.now() - beginMs).toBeLessThan(8000);
  });

  it('is refused when it asks for what processes do not have', async () => {
    machine.start(scriptPod('true', {}, { hostAliases: [{ ip: '1.2.3.4', hostnames: ['x'] }] }));
    expect(machine.last?.status).toMatchObject({
      phase: 'Failed',
      reason: 'FieldNotSupported',
      message: 'Pod was rejected: the process runtime does not support spec.hostAliases',
    });
  });
});

describe('a client', () => {
  it('reads the log of a container to its end, and that of the run before', async () => {
    const end = join(machine.shared, 'end');
    const pod = scriptPod(`echo begin; while [ ! -e ${end} ]; do sleep 0.05; done; rm ${end}; echo end; exit 1`);
    machine.start(pod);
    await machine.untilRunning();
    const { streams } = machine.runtime;
    const here = new AbortController().signal;
    const chunks: string[] = [];
    const followed = (async () => {
      for await (const chunk of await streams.logs(reached(pod), { ...LOG, follow: true }, here)) {
        chunks.push(Buffer.from(chunk).toString());
      }
    })();
    await eventually(() => expect(chunks.join('')).toBe('begin\n'));
    writeFileSync(end, '');
    await followed;
    expect(chunks.join('')).toBe('begin\nend\n');
    await eventually(() => expect(machine.mainStatus?.restartCount).toBe(1));
    const before = await streams.logs(reached(pod), { ...LOG, previous: true }, here);
    expect(await wholeOf(before)).toBe('begin\nend\n');
  });

  it('uses what its processes use, also those that it has waited for', async () => {
    const busy = scriptPod('(exec sleep 1000) & while :; do (i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done); done');
    const idle = scriptPod('exec sleep 1000');
    for (const pod of [busy, idle]) machine.start(pod);
    await eventually(() => {
      for (const pod of [busy, idle]) expect(machine.mainOf(pod)?.state?.running).toBeDefined();
    });
    const [used] = await machine.runtime.streams.usage([machine.node.name]);
    const of = ({ metadata }: { metadata: { uid: string } }) =>
      used?.pods.find(({ uid }) => uid === metadata.uid)?.containers[0];
    expect(of(busy)?.cpuNanocores).toBeGreaterThan(50e6);
    expect(of(idle)?.cpuNanocores).toBeLessThan(20e6);
    for (const pod of [busy, idle]) {
      expect(of(pod)).toMatchObject({ name: 'main' });
      expect(of(pod)?.workingSetBytes).toBeGreaterThan(16 * 1024);
      expect(of(pod)?.workingSetBytes).toBeLessThan(16 * 2 ** 20);
    }
    expect(used).toMatchObject({ node: machine.node.name });
    expect(used?.windowMs).toBeGreaterThanOrEqual(1000);
    expect(used?.cpuNanocores).toBeGreaterThan(of(busy)?.cpuNanocores ?? 0);
    expect(used?.workingSetBytes).toBeGreaterThan(2 ** 24);
    expect(await machine.runtime.streams.usage([])).toEqual([]);
  });

  it('runs a command in a terminal, with its size, its input and its signals', async () => {
    const pod = scriptPod('exec sleep 1000');
    machine.start(pod);
    await machine.untilRunning();
    const script =
      'test -t 0 && test -t 2 && echo $TERM; read line; stty size; trap "exit 9" INT; echo ready; sleep 1000 & wait';
    const command = ['sh', '-c', script];
    const run = await machine.runtime.streams.exec(reached(pod), { ...EXEC, command, stdin: true, tty: true });
    let shown = '';
    run.stdout?.on('data', (bytes) => {
      shown += bytes;
    });
    await eventually(() => expect(shown).toBe('xterm\r\n'));
    run.resize(80, 24);
    run.resize(132, 50);
    run.stdin?.write('go\r');
    await eventually(() => expect(shown).toContain('50 132\r\nready'));
    run.stdin?.write('\x03');
    expect(await run.exited).toBe(9);
    expect(shown).toContain('go\r\n50 132\r\nready\r\n^C');
    expect(run.stderr).toBeUndefined();
  });

  it('shows all that a command in a terminal has written, and ends it with its client', async () => {
    const pod = scriptPod('exec sleep 1000');
    machine.start(pod);
    await machine.untilRunning();
    const io = { ...EXEC, tty: true };
    const { streams } = machine.runtime;
    const run = await streams.exec(reached(pod), { ...io, command: ['seq', '200000'] });
    expect((await textOf(run.stdout)).split('\r\n').slice(-2)).toEqual(['200000', '']);
    expect(await run.exited).toBe(0);
    const missing = await streams.exec(reached(pod), { ...io, command: ['not-there'] });
    expect(await textOf(missing.stdout)).toContain('not-there: No such file or directory');
    expect(await missing.exited).toBe(127);
    const left = await streams.exec(reached(pod), { ...io, command: ['sh', '-c', 'echo begun; exec sleep 1000'] });
    const [begun] = await once(left.stdout as NodeJS.ReadableStream, 'data');
    expect(String(begun)).toBe('begun\r\n');
    left.close();
    expect(await left.exited).toBe(137);
  });

  it.each([
    // What is left behind shows more and more; the command has closed its side of the terminal, and goes on.
    ['trap "" HUP; yes & sleep 0.1; exit 3', 3],
    ['exec <&- >&- 2>&-; sleep 0.3; exit 4', 4],
  ])('ends with the command in a terminal, and not before or after: %s', async (script, code) => {
    const pod = scriptPod('exec sleep 1000');
    machine.start(pod);
    await machine.untilRunning();
    const wanted = { ...EXEC, tty: true, command: ['sh', '-c', script] };
    const run = await machine.runtime.streams.exec(reached(pod), wanted);
    run.stdout?.resume();
    expect(await run.exited).toBe(code);
  });

  it('runs a command with input and an exit code', async () => {
    const pod = scriptPod('exec sleep 1000');
    machine.start(pod);
    await machine.untilRunning();
    const { streams } = machine.runtime;
    const command = ['sh', '-c', 'cat; cat /proc/1/comm >&2; exit 7'];
    const io = { ...EXEC, command, stdin: true };
    const run = await streams.exec(reached(pod), io);
    const output = Promise.all([textOf(run.stdout), textOf(run.stderr)]);
    run.stdin?.end('typed');
    expect(await output).toEqual(['typed', expect.stringContaining('everynode-shim')]);
    expect(await run.exited).toBe(7);
    await expect(streams.exec({ ...reached(pod), uid: 'other' }, io)).rejects.toThrow('is not on this node any more');
  });
});

describe('after a restart of the agent', () => {
  const pidOf = (uid: string, instance = 0): string =>
    readFileSync(join(machine.state, 'pods', uid, 'containers', 'main', String(instance), 'started'), 'utf8');

  it('containers go on, are probed, and can be stopped', async () => {
    const pod = scriptPod('exec sleep 1000', { readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } });
    machine.start(pod);
    await eventually(() => expect(machine.isReady).toBe(true));
    const before = pidOf(pod.metadata.uid);
    machine.restart();
    await eventually(() => expect(machine.runtime.pods()).toHaveLength(1));
    expect(pidOf(pod.metadata.uid)).toBe(before);
    machine.runtime.stop(pod.metadata.uid, 1);
    await eventually(() => expect(machine.last?.stopped).toBe(true));
    expect(machine.events.filter((event) => event.startsWith('Started'))).toEqual([]);
  });

  it('a container that ended meanwhile is restarted, with its exit', async () => {
    const pod = scriptPod(`while [ ! -e ${join(machine.shared, 'end')} ]; do sleep 0.05; done; exit 4`);
    machine.start(pod);
    await machine.untilRunning();
    machine.runtime.close();
    writeFileSync(join(machine.shared, 'end'), '');
    const exit = join(machine.state, 'pods', pod.metadata.uid, 'containers', 'main', '0', 'exit');
    await eventually(() => expect(existsSync(exit)).toBe(true));
    machine.restart();
    await eventually(() => expect(machine.mainStatus?.lastState?.terminated?.exitCode).toBe(4));
  });

  it('a start that was cut off leaves one container, and not two', async () => {
    const pod = scriptPod(`echo start >> ${join(machine.shared, 'starts')}; exec sleep 1000`);
    machine.start(pod);
    // In the middle of it, whatever it has come to.
    await eventually(() => expect(existsSync(join(machine.state, 'pods', pod.metadata.uid))).toBe(true));
    machine.restart();
    await machine.untilRunning();
    await eventually(() => expect(readFileSync(join(machine.shared, 'starts'), 'utf8')).toBe('start\n'));
  });

  it('and of the machine, runs are over, and begin anew', async () => {
    machine.objects.set('Secret s', { revision: 1, content: { data: { key: 'dmFsdWU=' } } });
    const pod = scriptPod(
      'exec sleep 1000',
      { volumeMounts: [{ name: 's', mountPath: join(machine.root, 'secret') }] },
      { volumes: [{ name: 's', secret: { secretName: 's' } }] },
    );
    machine.start(pod);
    await machine.untilRunning();
    const podFolder = join(machine.state, 'pods', pod.metadata.uid);
    const folder = join(podFolder, 'containers', 'main', '0');
    const holder = Number(/^pid (\d+)/.exec(readFileSync(join(folder, 'run'), 'utf8'))?.[1]);
    machine.runtime.close();
    process.kill(holder, 'SIGKILL');
    machine.bootId = 'boot-2';
    // What was in memory is gone with the boot.
    const secret = join(podFolder, 'volumes', 's');
    execFileSync('umount', ['--lazy', secret]);
    machine.restart();
    await eventually(() => expect(machine.mainStatus?.state?.running).toBeDefined());
    expect(machine.mainStatus).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } },
    });
    expect(statSync(secret).dev).not.toBe(statSync(podFolder).dev);
    expect(readFileSync(join(secret, 'key'), 'utf8')).toBe('value');
  });

  it('that comes after one of the machine, nothing begins anew', async () => {
    const pod = scriptPod(
      'exec sleep 1000',
      {},
      { initContainers: [{ name: 'first', image: '/bin/sh', args: ['-c', 'true'] }] },
    );
    machine.start(pod);
    await machine.untilRunning();
    const run = join(machine.state, 'pods', pod.metadata.uid, 'containers', 'main', '0', 'run');
    const holder = Number(/^pid (\d+)/.exec(readFileSync(run, 'utf8'))?.[1]);
    machine.runtime.close();
    process.kill(holder, 'SIGKILL');
    machine.bootId = 'boot-2';
    machine.restart();
    await eventually(() => expect(machine.mainStatus).toMatchObject({ restartCount: 1, state: { running: {} } }));
    machine.restart();
    const found = machine.runtime.find(pod.metadata.uid);
    expect(found?.sandbox).toBe('ready');
    expect(found?.containers.map(({ name, restarts }) => `${name} ${restarts}`)).toEqual(['first 1', 'main 1']);
  });

  it('a pod whose note was torn is ended and removed', async () => {
    const pod = scriptPod('exec sleep 1000');
    machine.start(pod);
    await machine.untilRunning();
    writeFileSync(join(machine.state, 'pods', pod.metadata.uid, 'pod.json'), '{"metadata":');
    machine.restart();
    await eventually(() => expect(readdirSync(join(machine.state, 'pods'))).toEqual([]));
    expect(readdirSync(join(machine.state, 'logs', 'pods'))).toEqual([]);
  });

  it('a process that has the PID of one that is gone is left alone', async () => {
    const pod = scriptPod('exec sleep 1000');
    machine.start(pod);
    await machine.untilRunning();
    const run = join(machine.state, 'pods', pod.metadata.uid, 'containers', 'main', '0', 'run');
    const record = readFileSync(run, 'utf8');
    const holder = Number(/^pid (\d+)/.exec(record)?.[1]);
    machine.runtime.close();
    process.kill(holder, 'SIGKILL');
    // This test runner is alive, and was not started when the shim was.
    writeFileSync(run, record.replace(/^pid \d+/, `pid ${process.pid}`));
    machine.restart();
    await eventually(() => expect(machine.mainStatus?.restartCount).toBe(1));
    machine.runtime.stop(pod.metadata.uid, 0);
    await eventually(() => expect(machine.last?.stopped).toBe(true));
  });

  it('what is not assigned any more is killed and removed', async () => {
    const pod = scriptPod('exec sleep 1000');
    machine.start(pod);
    await machine.untilRunning();
    const pid = Number(/^pid (\d+)/.exec(pidOf(pod.metadata.uid))?.[1]);
    machine.restart();
    machine.runtime.forget(pod.metadata.uid);
    await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false));
    await eventually(() => expect(readdirSync(join(machine.state, 'pods'))).toEqual([]));
  });
});
