import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { isCheckout } from '../installation.js';

const NAME = 'nats-server';
/** A program that was fetched once serves every cluster and every test of a checkout, or every cluster of a user. */
const TOOLS = isCheckout
  ? fileURLToPath(new URL('../../../../node_modules/.cache/everynode/', import.meta.url))
  : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'everynode');

async function runs(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
  } catch {
    return false;
  }
  const { exitCode } = await execa(path, ['--version'], { reject: false });
  return exitCode === 0;
}

async function hasCommand(command: string): Promise<boolean> {
  const { exitCode } = await execa('/bin/sh', ['-c', `command -v ${command}`], { reject: false });
  return exitCode === 0;
}

/** Downloads the Debian package and unpacks it: needs apt, but not root. */
async function unpackDebianPackage(): Promise<void> {
  await mkdir(TOOLS, { recursive: true });
  const draft = await mkdtemp(join(TOOLS, 'draft-'));
  try {
    await execa('apt-get', ['download', NAME], { cwd: draft });
    const archive = (await readdir(draft)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get download left no package');
    await execa('dpkg-deb', ['-x', archive, 'root'], { cwd: draft });
    // When several processes fetch at once, the first one's folder stays: rename replaces no folder that has content.
    await rename(join(draft, 'root'), join(TOOLS, NAME));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function aptInstall(): Promise<void> {
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  // No service of the system is wanted, only the program.
  const install = () => execa('apt-get', ['install', '-y', '--no-install-recommends', NAME], { env: environment });
  await install().catch(async () => {
    await execa('apt-get', ['update'], { env: environment });
    await install();
  });
}

/** One way to get the program, and whether it applies here. */
interface Source {
  name: string;
  applies(): Promise<boolean>;
  get(): Promise<unknown>;
}

function sources(): Source[] {
  const isRoot = process.getuid?.() === 0;
  return [
    {
      name: 'apt-get download nats-server',
      applies: async () => (await hasCommand('apt-get')) && (await hasCommand('dpkg-deb')),
      get: unpackDebianPackage,
    },
    {
      name: 'apt-get install nats-server',
      applies: async () => isRoot && (await hasCommand('apt-get')),
      get: aptInstall,
    },
    {
      name: 'brew install nats-server',
      applies: async () => process.platform === 'darwin' && (await hasCommand('brew')),
      get: () => execa('brew', ['install', NAME]),
    },
  ];
}

function knownPlaces(): string[] {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const folders = [...path, '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
  return [
    ...folders.map((folder) => join(folder, NAME)),
    join(TOOLS, NAME, 'usr', 'sbin', NAME),
    join(TOOLS, NAME, 'usr', 'bin', NAME),
  ];
}

async function firstThatRuns(places: string[]): Promise<string | undefined> {
  for (const place of places) if (await runs(place)) return place;
  return undefined;
}

/**
 * Finds a nats-server: `$NATS_SERVER`, PATH, the usual folders, what an earlier start fetched. Where
 * there is none it fetches one: no npm package ships it, so from the system's package archive.
 * @throws Error with what was tried and what to do.
 */
export async function findNatsServer(log: (message: string) => void = () => undefined): Promise<string> {
  const named = process.env.NATS_SERVER;
  if (named) {
    if (await runs(named)) return named;
    throw new Error(`NATS_SERVER names ${named}, which does not run`);
  }
  const found = await firstThatRuns(knownPlaces());
  if (found !== undefined) return found;

  const tried: string[] = [];
  for (const source of sources()) {
    if (!(await source.applies())) continue;
    log(`fetching nats-server (${source.name})`);
    try {
      await source.get();
    } catch (error) {
      tried.push(`${source.name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
    // Also after a failure: another process may have fetched it meanwhile.
    const fetched = await firstThatRuns(knownPlaces());
    if (fetched !== undefined) return fetched;
    tried.push(`${source.name}: left no program that runs`);
  }
  throw new Error(
    [
      'Cannot find nats-server, and could not fetch it.',
      ...tried.map((reason) => `  ${reason}`),
      'Install it (Debian: apt-get install nats-server; macOS: brew install nats-server; else https://nats.io/download),',
      'name it in NATS_SERVER, or set NATS_URL to a server of yours that has JetStream.',
    ].join('\n'),
  );
}
