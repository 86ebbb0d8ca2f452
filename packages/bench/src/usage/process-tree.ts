import { readProcFile, readProcStat } from '@everynode/local-stack';

export const KINDS = ['api', 'scheduler', 'postgres', 'nats', 'node-agent'] as const;
export type Kind = (typeof KINDS)[number];

/** One process at one moment. */
export interface ProcessReading {
  pid: number;
  /** `api-1`; the kind for what has no replicas. */
  name: string;
  kind: Kind;
  /** CPU since it began, in ms; for Postgres with that of its sessions that have ended. */
  cpuMs: number;
  /** Its private memory, and the memory that it shares with others, in bytes. */
  ownBytes: number;
  sharedBytes: number;
}

const TICK_MS = 10;
const PAGE = 4096;
/** What the command line of each kind contains. */
const COMMANDS: readonly [pattern: RegExp, kind: Kind][] = [
  [/services\/api\//, 'api'],
  [/services\/scheduler\//, 'scheduler'],
  [/services\/node-agent\//, 'node-agent'],
  [/^\S*nats-server/, 'nats'],
  [/^\S*postgres/, 'postgres'],
];

/**
 * The processes below one, as /proc shows them (Linux; proc(5)). Children are read by parent, so thousands of other
 * processes on the machine cost nothing.
 */
export class ProcessTree {
  readonly #root: number;
  /** What each pid is; undefined for shells and other helpers. */
  readonly #known = new Map<number, { kind: Kind; name: string } | undefined>();

  constructor(root: number) {
    this.#root = root;
  }

  read(): ProcessReading[] {
    const readings: ProcessReading[] = [];
    const visit = (pid: number, inherited: Kind | undefined): void => {
      for (const word of (readProcFile(pid, `task/${pid}/children`) ?? '').split(' ')) {
        const child = Number(word);
        if (!(child > 0)) continue;
        const is = this.#identify(child, inherited);
        if (is) {
          const reading = readingOf(child, is.kind, is.name);
          if (reading) readings.push(reading);
        }
        visit(child, is?.kind);
      }
    };
    visit(this.#root, undefined);
    return readings;
  }

  #identify(pid: number, inherited: Kind | undefined): { kind: Kind; name: string } | undefined {
    if (this.#known.has(pid)) return this.#known.get(pid);
    const command = (readProcFile(pid, 'cmdline') ?? '').replaceAll('\0', ' ');
    const isShell = /^\S*sh -c/.test(command);
    const kind = isShell ? undefined : (COMMANDS.find(([pattern]) => pattern.test(command))?.[1] ?? inherited);
    const environment = kind === undefined ? '' : (readProcFile(pid, 'environ') ?? '');
    const replica = /(?:^|\0)EVERYNODE_REPLICA=([^\0]+)/.exec(environment)?.[1];
    const is = kind === undefined ? undefined : { kind, name: replica ?? kind };
    // A child that was read before it has become its program is identified again.
    if (kind !== undefined || isShell) this.#known.set(pid, is);
    return is;
  }
}

function readingOf(pid: number, kind: Kind, name: string): ProcessReading | undefined {
  const stat = readProcStat(pid);
  if (stat === undefined) return undefined;
  const field = (number: number): number => Number(stat(number));
  const ofChildren = kind === 'postgres' ? field(16) + field(17) : 0;
  const [, resident = 0, shared = 0] = (readProcFile(pid, 'statm') ?? '').split(' ').map(Number);
  return {
    pid,
    kind,
    name,
    cpuMs: (field(14) + field(15) + ofChildren) * TICK_MS,
    ownBytes: (resident - shared) * PAGE,
    sharedBytes: shared * PAGE,
  };
}
