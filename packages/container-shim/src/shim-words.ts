/** A mount that a container has of its own. */
export interface MountSpec {
  /** A folder or file of this machine. */
  root: string;
  /** A path below the root, which is not left whatever links are on it; empty for the root itself. */
  subPath: string;
  target: string;
  readOnly: boolean;
  /** Whether mounts of the machine below it are seen later (`slave`), and the other way too (`shared`). */
  propagation: 'private' | 'slave' | 'shared';
}

/** What a program is started with. */
export interface ProcessSpec {
  /** The program and its arguments. */
  args: readonly string[];
  variables: ReadonlyMap<string, string>;
  cwd: string;
  uid?: number | undefined;
  gid?: number | undefined;
  groups?: readonly number[];
  /** Numbers of the capabilities that it does not have. */
  droppedCapabilities?: readonly number[];
  noNewPrivileges?: boolean;
  /** Folders of the cgroup that it joins: one, or with version 1 one in each hierarchy. */
  cgroups?: readonly string[];
}

/** A container that a shim holds. */
export interface ContainerSpec extends ProcessSpec {
  /** The folder of this run of the container. It exists. */
  folder: string;
  log: { path: string; maxBytes: number; files: number };
  bootId: string;
  ownPids: boolean;
  ownMounts: boolean;
  /** With mounts of its own: `/sys` and what sets the kernel in `/proc` are read-only, what tells of it is not seen. */
  maskedProc?: boolean;
  /** With mounts of its own: a folder that it does not see, wherever it is mounted. Its mounts may be from there. */
  hidden?: string;
  mounts: readonly MountSpec[];
  oomScoreAdjust?: number;
  /** The file of its cgroup that counts what the kernel has killed for memory, as `oom_kill N` on a line. */
  oomCounter?: string | undefined;
}

/** The process of a container, which cannot be mistaken for a later one with its PID. */
export interface RunningProcess {
  pid: number;
  /** In ticks of the kernel since it started: field 22 of `/proc/PID/stat`. */
  startTime: string;
  ownPids: boolean;
  ownMounts: boolean;
}

/** Words as the shim reads them: each ends with a NUL. A word with a NUL in it cannot be said. */
function said(words: readonly string[]): Buffer {
  const unsaid = words.find((word) => word.includes('\0'));
  if (unsaid !== undefined) throw new Error('an argument or a variable has a NUL in it');
  return Buffer.from(`${[...words, 'end'].join('\0')}\0`, 'utf8');
}

function ofProcess(spec: ProcessSpec): string[] {
  const { args, variables, cwd, uid, gid, groups = [], droppedCapabilities = [], noNewPrivileges, cgroups = [] } = spec;
  return [
    ...args.flatMap((arg) => ['arg', arg]),
    ...[...variables].flatMap(([name, value]) => ['env', `${name}=${value}`]),
    'cwd',
    cwd,
    ...(uid === undefined ? [] : ['uid', String(uid)]),
    ...(gid === undefined ? [] : ['gid', String(gid)]),
    ...groups.flatMap((group) => ['group', String(group)]),
    ...droppedCapabilities.flatMap((capability) => ['drop', String(capability)]),
    ...(noNewPrivileges ? ['no-new-privileges'] : []),
    ...cgroups.flatMap((folder) => ['cgroup', folder]),
  ];
}

/** What `everynode-shim run` is told. */
export function containerWords(spec: ContainerSpec): Buffer {
  const { folder, log, bootId, ownPids, ownMounts, maskedProc, hidden, mounts, oomScoreAdjust, oomCounter } = spec;
  return said([
    'dir',
    folder,
    'log',
    log.path,
    'log-bytes',
    String(log.maxBytes),
    'log-files',
    String(log.files),
    'boot-id',
    bootId,
    ...(ownPids ? ['own-pids'] : []),
    ...(ownMounts ? ['own-mounts'] : []),
    ...(maskedProc ? ['masked-proc'] : []),
    ...(hidden === undefined ? [] : ['hide', hidden]),
    ...(oomScoreAdjust === undefined ? [] : ['oom', String(oomScoreAdjust)]),
    ...(oomCounter === undefined ? [] : ['oom-counter', oomCounter]),
    ...mounts.flatMap(({ root, subPath, target, readOnly, propagation }) => [
      'mount',
      root,
      subPath,
      target,
      [readOnly ? 'ro' : 'rw', propagation].join(','),
    ]),
    ...ofProcess(spec),
  ]);
}

/** What `everynode-shim exec` is told. */
export function execWords(process: RunningProcess, spec: ProcessSpec, hasTerminal = false): Buffer {
  const { pid, startTime, ownPids, ownMounts } = process;
  return said([
    'pid',
    String(pid),
    'start-time',
    startTime,
    ...(ownPids ? ['own-pids'] : []),
    ...(ownMounts ? ['own-mounts'] : []),
    ...(hasTerminal ? ['tty'] : []),
    ...ofProcess(spec),
  ]);
}
