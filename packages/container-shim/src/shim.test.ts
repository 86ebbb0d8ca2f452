import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ContainerSpec,
  claimRun,
  findShim,
  killRun,
  onShimEnd,
  type RunningProcess,
  readRunFolder,
  Shim,
  signalRun,
} from './index.js';

const BOOT = 'this-boot';
let root: string;
let shim: Shim;
let runs = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'everynode-shim-'));
  shim = new Shim(findShim({ named: undefined, cache: join(root, 'bin') }));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const PATH = '/usr/bin:/bin:/usr/sbin:/sbin';

function specOf(script: string, more: Partial<ContainerSpec> = {}): ContainerSpec {
  runs += 1;
  const folder = join(root, `run-${runs}`);
  mkdirSync(folder);
  return {
    folder,
    log: { path: join(folder, '0.log'), maxBytes: 10 << 20, files: 5 },
    bootId: BOOT,
    ownPids: true,
    ownMounts: true,
    mounts: [],
    args: ['sh', '-c', script],
    variables: new Map([['PATH', PATH]]),
    cwd: '/',
    ...more,
  };
}

const stateOf = ({ folder }: ContainerSpec) => readRunFolder(folder, BOOT);
const linesOf = ({ log }: ContainerSpec): string[] =>
  readFileSync(log.path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.slice(line.indexOf(' ') + 1));

/** Waits for the end of a run, and returns its record. */
async function endOf(spec: ContainerSpec) {
  await new Promise<void>((resolve) => void onShimEnd(spec.folder, resolve));
  const state = stateOf(spec);
  if (state.state !== 'ended') throw new Error(`the run is ${state.state}`);
  return state.exit;
}

function processOf(spec: ContainerSpec): RunningProcess {
  const state = stateOf(spec);
  if (state.state !== 'running') throw new Error(`the run is ${state.state}`);
  const { pid, startTime } = state;
  return { pid, startTime, ownPids: spec.ownPids, ownMounts: spec.ownMounts };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a container that a shim holds', () => {
  it('has its output in the format of the CRI, by stream, with long lines in parts', async () => {
    const spec = specOf('echo one; echo two >&2; printf "%020000d\\n" 7; printf "no end"');
    expect(await shim.start(spec)).toBeUndefined();
    expect(await endOf(spec)).toMatchObject({ code: 0, signal: 0, isOutOfMemory: false, fault: undefined });
    const lines = linesOf(spec);
    expect(lines).toContain('stdout F one');
    expect(lines).toContain('stderr F two');
    expect(lines).toContain('stdout F no end');
    const [part, rest] = lines.filter((line) => line.includes('000000'));
    expect(part).toMatch(/^stdout P 0{16384}$/);
    expect(rest).toMatch(/^stdout F 0{3615}7$/);
    const [at = ''] = readFileSync(spec.log.path, 'utf8').split(' ');
    expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  });

  it('is seen to have ended by one that looks later', async () => {
    const spec = specOf('true');
    await shim.start(spec);
    await eventually(() => expect(stateOf(spec).state).toBe('ended'));
    expect(await endOf(spec)).toMatchObject({ code: 0 });
  });

  it('has logs that are rotated, of which the newest are kept', async () => {
    const log = { path: join(root, 'rotated', '0.log'), maxBytes: 2000, files: 3 };
    mkdirSync(join(root, 'rotated'));
    const spec = specOf('for i in 1 2 3 4 5; do seq 1 60; sleep 1.05; done', { log });
    await shim.start(spec);
    await endOf(spec);
    const files = readdirSync(join(root, 'rotated'));
    expect(files).toHaveLength(3);
    expect(files.filter((name) => /^0\.log\.\d{8}-\d{6}$/.test(name))).toHaveLength(2);
  });

  it('ends by a signal that it does not handle, and by one that it does', async () => {
    const plain = specOf('exec sleep 1000');
    await shim.start(plain);
    expect(signalRun(plain.folder, 15)).toBe(true);
    expect(await endOf(plain)).toMatchObject({ code: 143, signal: 15 });
    expect(signalRun(plain.folder, 15)).toBe(false);
    const handled = specOf('trap "exit 3" TERM; echo ready; while :; do sleep 0.05; done');
    await shim.start(handled);
    await eventually(() => expect(linesOf(handled)).toContain('stdout F ready'));
    signalRun(handled.folder, 15);
    expect(await endOf(handled)).toMatchObject({ code: 3, signal: 0 });
  });

  it.each([true, false])(
    'leaves nothing behind when it is killed, with a PID namespace of its own: %s',
    async (ownPids) => {
      const spec = specOf('trap "" TERM; setsid sh -c "trap : TERM; sleep 1000 & sleep 1000" & sleep 1000', {
        ownPids,
      });
      await shim.start(spec);
      const of = processOf(spec);
      const found = () =>
        readdirSync('/proc').filter((name) => {
          if (!/^\d+$/.test(name)) return false;
          try {
            return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`MARK=${spec.folder}`);
          } catch {
            return false;
          }
        });
      expect(isAlive(of.pid)).toBe(true);
      killRun(spec.folder);
      expect(await endOf(spec)).toMatchObject({ code: 137, signal: 9 });
      expect(isAlive(of.pid)).toBe(false);
      expect(found()).toEqual([]);
    },
  );

  it('says why its program could not be started', async () => {
    const spec = specOf('', { args: ['/no/such/program'] });
    expect(await shim.start(spec)).toEqual({
      fault: 'exec: /no/such/program: No such file or directory',
      isClaimed: true,
    });
    expect(await endOf(spec)).toMatchObject({ code: 127, fault: expect.stringContaining('/no/such/program') });
  });

  it('sees its mounts alone, and writes nothing to those that are read-only', async () => {
    const source = join(root, 'source');
    mkdirSync(join(source, 'sub'), { recursive: true });
    writeFileSync(join(source, 'sub', 'file'), 'content\n');
    const target = join(root, 'target');
    const spec = specOf(`cat ${target}/file; touch ${target}/other || echo refused`, {
      mounts: [{ root: source, subPath: 'sub', target, readOnly: true, propagation: 'private' }],
    });
    await shim.start(spec);
    await endOf(spec);
    expect(linesOf(spec)).toContain('stdout F content');
    expect(linesOf(spec)).toContain('stdout F refused');
    expect(readdirSync(target)).toEqual([]);
  });

  it('is not led out of a volume by a link at a sub-path', async () => {
    const source = join(root, 'with-link');
    mkdirSync(source);
    symlinkSync('/etc', join(source, 'out'));
    const target = join(root, 'target-of-link');
    const spec = specOf('ls', {
      mounts: [{ root: source, subPath: 'out', target, readOnly: false, propagation: 'private' }],
    });
    expect(await shim.start(spec)).toMatchObject({ fault: expect.stringContaining('open sub-path out') });
  });

  it('shows a sub-path at another place, makes what is missing of it, and never leaves the volume', async () => {
    const volume = join(root, 'volume');
    const place = join(root, 'place');
    mkdirSync(volume);
    symlinkSync('/etc', join(volume, 'out'));
    await shim.bindBeneath(volume, 'a/b', place);
    writeFileSync(join(place, 'seen'), '');
    expect(readdirSync(join(volume, 'a/b'))).toEqual(['seen']);
    await shim.unmount(place);
    expect(readdirSync(place)).toEqual([]);
    await shim.unmount(place);
    for (const path of ['out', 'out/new', '../new', 'a/../../new']) {
      await expect(shim.bindBeneath(volume, path, place)).rejects.toThrow(`open sub-path ${path}`);
    }
    expect(existsSync(join(root, 'new'))).toBe(false);
  });

  it('runs as its user, with its groups, and without the capabilities that it was not to have', async () => {
    const CHOWN = 0;
    const spec = specOf('id -u; id -g; id -G; grep CapBnd /proc/self/status', {
      uid: 1234,
      gid: 1235,
      groups: [1236],
      droppedCapabilities: [CHOWN],
      noNewPrivileges: true,
      oomScoreAdjust: 500,
    });
    await shim.start(spec);
    await endOf(spec);
    const lines = linesOf(spec).map((line) => line.replace('stdout F ', ''));
    expect(lines.slice(0, 3)).toEqual(['1234', '1235', '1235 1236']);
    const bounding = BigInt(`0x${lines[3]?.split('\t')[1]}`);
    expect(bounding & 1n).toBe(0n);
  });

  it('runs commands beside it, in its namespaces, within a time', async () => {
    const target = join(root, 'beside');
    const source = join(root, 'beside-source');
    mkdirSync(source);
    const spec = specOf('exec sleep 1000', {
      mounts: [{ root: source, subPath: '', target, readOnly: false, propagation: 'private' }],
    });
    await shim.start(spec);
    const limits = { timeoutMs: 5000, maxBytes: 100 };
    const command = (script: string) => ({ args: ['sh', '-c', script], variables: spec.variables, cwd: '/' });
    const seen = await shim.exec(processOf(spec), command(`touch ${target}/x; cat /proc/2/comm; exit 4`), limits);
    expect(seen).toEqual({ code: 4, output: 'sleep\n', isTimedOut: false });
    expect(readdirSync(source)).toEqual(['x']);
    const late = await shim.exec(processOf(spec), command('sleep 1000'), { ...limits, timeoutMs: 200 });
    expect(late).toMatchObject({ code: 137, isTimedOut: true });
    const other = { ...processOf(spec), startTime: '1' };
    const refused = await shim.exec(other, command('true'), limits);
    expect(refused.output).toContain('find the container');
    killRun(spec.folder);
    await endOf(spec);
  });
});

describe('the folder of a run', () => {
  it('is claimed once: by a shim, or by an agent that gives it up', async () => {
    const spec = specOf('true');
    expect(stateOf(spec).state).toBe('unclaimed');
    expect(claimRun(spec.folder)).toBe(true);
    expect(await shim.start(spec)).toMatchObject({ isClaimed: false, fault: expect.stringContaining('claim') });
    const taken = specOf('exec sleep 1000');
    await shim.start(taken);
    expect(claimRun(taken.folder)).toBe(false);
    killRun(taken.folder);
    await endOf(taken);
  });

  it('tells a run of an earlier boot, or of another process with its PID, from one that runs', async () => {
    const spec = specOf('exec sleep 1000');
    await shim.start(spec);
    expect(stateOf(spec).state).toBe('running');
    expect(readRunFolder(spec.folder, 'next-boot').state).toBe('lost');
    const run = join(spec.folder, 'run');
    const text = readFileSync(run, 'utf8');
    writeFileSync(run, text.replace(/startTime \d+/, 'startTime 1'));
    expect(stateOf(spec).state).toBe('lost');
    writeFileSync(run, text);
    killRun(spec.folder);
    await endOf(spec);
  });

  it('shows a run as lost whose shim was killed, of which nothing runs then', async () => {
    const spec = specOf('exec sleep 1000');
    await shim.start(spec);
    const { pid } = processOf(spec);
    const holder = Number(/^pid (\d+)/.exec(readFileSync(join(spec.folder, 'run'), 'utf8'))?.[1]);
    process.kill(holder, 'SIGKILL');
    await new Promise<void>((resolve) => void onShimEnd(spec.folder, resolve));
    await eventually(() => expect(stateOf(spec).state).toBe('lost'));
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });
});
