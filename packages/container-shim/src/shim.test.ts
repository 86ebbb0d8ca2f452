import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
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
let path: string;
let shim: Shim;
let runs = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'everynode-shim-'));
  path = findShim({ named: undefined, cache: join(root, 'bin') });
  shim = new Shim(path);
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

/** A shim on a machine that a command makes: it runs the shim with its arguments, which are `$@`. */
function shimOn(command: string): Shim {
  runs += 1;
  const script = join(root, `shim-${runs}`);
  writeFileSync(script, `#!/bin/sh\nshim=${path}\nexec ${command}\n`, { mode: 0o755 });
  return new Shim(script);
}

/** The process that holds a run. */
const holderOf = ({ folder }: ContainerSpec): number =>
  Number(/^pid (\d+)/.exec(readFileSync(join(folder, 'run'), 'utf8'))?.[1]);

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

  it('ends where a rotated log cannot be removed', async () => {
    const folder = join(root, 'unremovable');
    mkdirSync(join(folder, '0.log.0', 'not-empty'), { recursive: true });
    const spec = specOf('seq 1 200; seq 1 200', { log: { path: join(folder, '0.log'), maxBytes: 1000, files: 1 } });
    await shim.start(spec);
    expect(await endOf(spec)).toMatchObject({ code: 0 });
  });

  it('ends while a process that is not its own goes on to write to its output', async () => {
    const spec = specOf('printf "no end"; exec sleep 1000', { ownPids: false });
    await shim.start(spec);
    const { pid } = processOf(spec);
    const writers = spawn('sh', ['-c', `for i in 1 2 3 4 5 6 7 8; do yes > /proc/${pid}/fd/1 & done; wait`]);
    await eventually(() => expect(linesOf(spec)).toContain('stdout F y'));
    killRun(spec.folder);
    expect(await endOf(spec)).toMatchObject({ code: 137, signal: 9 });
    if (writers.exitCode === null) await once(writers, 'exit');
  });

  it('has the end of its output where another process holds that open', async () => {
    const spec = specOf('read go < "$FIFO"; printf "no end"', {
      ownPids: false,
      variables: new Map([
        ['PATH', PATH],
        ['FIFO', join(root, 'go')],
      ]),
    });
    const made = spawn('mkfifo', [join(root, 'go')]);
    await once(made, 'exit');
    await shim.start(spec);
    const holder = spawn(
      'sh',
      ['-c', `exec 5> /proc/${processOf(spec).pid}/fd/1; echo > ${join(root, 'go')}; exec sleep 1000`],
      {
        stdio: 'ignore',
      },
    );
    expect(await endOf(spec)).toMatchObject({ code: 0 });
    expect(linesOf(spec)).toEqual(['stdout F no end']);
    holder.kill();
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

  it('is killed where the kernel does not list the children of a process', async () => {
    const spec = specOf('exec sleep 1000', { ownPids: false, ownMounts: false });
    await shimOn(`unshare -m sh -c 'mount -t tmpfs none /proc && exec '$shim' "$@"' sh "$@"`).start(spec);
    killRun(spec.folder);
    expect(await endOf(spec)).toMatchObject({ code: 137, signal: 9 });
  });

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

  it.each(['out', 'out/new', 'dangling', 'dangling/new', 'folder/../../new'])(
    'is not led out of a volume at the sub-path %s',
    async (subPath) => {
      runs += 1;
      const outside = join(root, `outside-${runs}`);
      const source = join(outside, 'volume');
      mkdirSync(join(source, 'folder'), { recursive: true });
      symlinkSync('..', join(source, 'out'));
      symlinkSync('../new', join(source, 'dangling'));
      const target = join(root, 'target-of-link');
      const spec = specOf('ls', {
        mounts: [{ root: source, subPath, target, readOnly: false, propagation: 'private' }],
      });
      expect(await shim.start(spec)).toMatchObject({ fault: expect.stringContaining(`open sub-path ${subPath}`) });
      expect(readdirSync(outside)).toEqual(['volume']);
    },
  );

  it('has the folders of a sub-path made, with the mode of the volume', async () => {
    const source = join(root, 'without-folders');
    mkdirSync(join(source, 'real'), { recursive: true });
    symlinkSync('real', join(source, 'link'));
    chmodSync(source, 0o777);
    const target = join(root, 'target-of-folders');
    const spec = specOf(`touch ${target}/file`, {
      mounts: [{ root: source, subPath: 'link/a/b', target, readOnly: false, propagation: 'private' }],
    });
    expect(await shim.start(spec)).toBeUndefined();
    expect(await endOf(spec)).toMatchObject({ code: 0 });
    expect(readdirSync(join(source, 'real', 'a', 'b'))).toEqual(['file']);
    expect(statSync(join(source, 'real', 'a', 'b')).mode & 0o7777).toBe(0o777);
    expect(statSync(join(source, 'real', 'a')).mode & 0o7777).toBe(0o777);
  });

  it('mounts nothing on a machine whose mounts are shared, whatever the propagation of one is', async () => {
    const source = join(root, 'shared-source');
    mkdirSync(source);
    const target = join(root, 'shared-target');
    const spec = specOf('exec sleep 1000', {
      mounts: [{ root: source, subPath: '', target, readOnly: false, propagation: 'shared' }],
    });
    expect(await shimOn('unshare -m --propagation shared $shim "$@"').start(spec)).toBeUndefined();
    expect(readFileSync(`/proc/${processOf(spec).pid}/mountinfo`, 'utf8')).toContain(` ${target} `);
    const ofMachine = readFileSync(`/proc/${holderOf(spec)}/mountinfo`, 'utf8');
    expect(ofMachine).not.toContain(` ${target} `);
    expect(ofMachine.match(/ \/proc /g)).toHaveLength(1);
    killRun(spec.folder);
    await endOf(spec);
  });

  it.each([true, false])('sets nothing of the kernel by a masked /proc, with a PID namespace: %s', async (ownPids) => {
    const script = `
      (: >> /proc/sys/kernel/core_pattern) 2>/dev/null || echo refused /proc/sys
      touch -c /sys || echo refused /sys
      wc -c < /proc/timer_list
      cat /proc/self/comm`;
    const masked = specOf(script, { ownPids, maskedProc: true });
    await shim.start(masked);
    expect(await endOf(masked)).toMatchObject({ code: 0 });
    const lines = linesOf(masked).filter((line) => line.startsWith('stdout'));
    expect(lines).toEqual(['stdout F refused /proc/sys', 'stdout F refused /sys', 'stdout F 0', 'stdout F cat']);
    const unmasked = specOf(script, { ownPids });
    await shim.start(unmasked);
    await endOf(unmasked);
    expect(linesOf(unmasked).join('\n')).not.toContain('refused');
  });

  it('writes to volumes from /sys and in /sys', async () => {
    const target = join(root, 'sys');
    const source = join(root, 'in-sys');
    mkdirSync(source);
    const common = { subPath: '', readOnly: false, propagation: 'private' } as const;
    const spec = specOf(`touch -c ${target} && touch /sys/fs/x && echo done`, {
      maskedProc: true,
      mounts: [
        { root: source, target: '/sys/fs', ...common },
        { root: '/sys', target, ...common },
      ],
    });
    await shim.start(spec);
    await endOf(spec);
    expect(linesOf(spec)).toEqual(['stdout F done']);
  });

  it('does not run with a capability that cannot be taken from it', async () => {
    const spec = specOf('true', { droppedCapabilities: [0] });
    const weak = shimOn('setpriv --inh-caps=-setpcap --bounding-set=-setpcap $shim "$@"');
    expect(await weak.start(spec)).toMatchObject({ fault: expect.stringContaining('bound the capabilities') });
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

  it('has a whole record of the end once a full disk has room again', async () => {
    const spec = specOf('dd if=/dev/zero of="$FILLER" 2>/dev/null; exit 7', { ownPids: false });
    await shim.mountMemory(spec.folder, 1 << 20);
    const filler = join(spec.folder, 'filler');
    const log = { ...spec.log, path: join(root, 'full.log') };
    await shim.start({ ...spec, log, variables: new Map([...spec.variables, ['FILLER', filler]]) });
    const { pid } = processOf(spec);
    await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false));
    rmSync(filler);
    expect(await endOf(spec)).toMatchObject({ code: 7 });
    expect(readdirSync(spec.folder).sort()).toEqual(['alive', 'control', 'exit', 'run', 'started']);
    await shim.unmount(spec.folder);
  });

  it('keeps no shim when it is gone', async () => {
    const spec = specOf('exec sleep 1000');
    await shim.start(spec);
    const holder = holderOf(spec);
    const { pid } = processOf(spec);
    // It makes its log after it has said that the container runs.
    await eventually(() => expect(existsSync(spec.log.path)).toBe(true));
    rmSync(spec.folder, { recursive: true });
    process.kill(pid, 'SIGKILL');
    await eventually(() => expect(isAlive(holder)).toBe(false));
  });

  it('shows a run as lost whose shim was killed, of which nothing runs then', async () => {
    const spec = specOf('exec sleep 1000');
    await shim.start(spec);
    const { pid } = processOf(spec);
    process.kill(holderOf(spec), 'SIGKILL');
    await new Promise<void>((resolve) => void onShimEnd(spec.folder, resolve));
    await eventually(() => expect(stateOf(spec).state).toBe('lost'));
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });
});
