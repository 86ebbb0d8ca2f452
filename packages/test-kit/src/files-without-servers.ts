import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a test that needs a process of its own says: it starts a server, or changes something of the whole process. */
const OF_ITS_OWN =
  /createDatabase|createEmptyDatabase|OwnEngine|startTest|startNats|startPostgres|POSTGRES_URL|Stack\(|spawn|fork\(|execa|Worker\(|createServer|connect\(|api\/testing|process\.(env|on|once|chdir)|vi\.(mock|use|spy|stub)|setFlags|globalThis\./;
const RELATIVE_IMPORT = /from '(\.[^']+)\.js'/g;
/** Of the imports of a test, these belong to the test. */
const PART_OF_A_TEST = /\/(fixtures|testing)\//;

/**
 * The test files that can share a process, and with it the modules that they import: pure functions, and objects
 * without a server. Most of such a file's time would be its imports.
 */
export function filesWithoutServers(root: string): string[] {
  const known = new Map<string, boolean>();
  const isFree = (file: string): boolean => {
    const before = known.get(file);
    if (before !== undefined) return before;
    known.set(file, true);
    const text = readFileSync(join(root, file), 'utf8');
    const parts = [...text.matchAll(RELATIVE_IMPORT)]
      .map(([, path = '']) => join(dirname(file), `${path}.ts`))
      .filter((path) => PART_OF_A_TEST.test(path) && existsSync(join(root, path)));
    const free = !OF_ITS_OWN.test(text) && parts.every(isFree);
    known.set(file, free);
    return free;
  };
  return sourceFolders(root)
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
    )
    .filter((path) => path.endsWith('.test.ts') && isFree(path))
    .sort();
}

const sourceFolders = (root: string): string[] =>
  ['packages', 'services'].flatMap((group) =>
    readdirSync(join(root, group)).map((workspace) => join(group, workspace, 'src')),
  );
