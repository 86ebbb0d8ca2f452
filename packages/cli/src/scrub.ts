import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readObjects, scrub } from '@everynode/simulation';
import { stringify } from 'yaml';

/** Prints a dump with only what a simulation needs. Each call replaces names by others. */
export async function scrubDump(file: string): Promise<void> {
  const objects = readObjects(await readFile(file === '-' ? '/dev/stdin' : file, 'utf8'), file);
  const items = scrub(objects, randomBytes(32).toString('hex'));
  process.stdout.write(stringify({ apiVersion: 'v1', kind: 'List', items }, { aliasDuplicateObjects: false }));
}
