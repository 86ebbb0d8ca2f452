// Reads what the Kubernetes client library says of each type and field, and writes it beside the sources, where the api
// finds it. The texts are the library's and are not kept in this repository.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const library = dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node/package.json'));
const models = join(library, 'dist', 'gen', 'models');
const target = fileURLToPath(new URL('../descriptions.json', import.meta.url));

/** The text of a `/** … *\/` block. */
const commentText = (block) =>
  block
    .split('\n')
    .map((line) => line.replace(/^\s*\*\s?/, ''))
    .join(' ')
    .trim();

const CLASS = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export declare class (\w+)/;
const FIELD = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?'([\w$]+)'\??: /g;

const descriptions = {};
for (const file of (await readdir(models)).filter((name) => name.endsWith('.d.ts')).sort()) {
  const text = await readFile(join(models, file), 'utf8');
  const found = CLASS.exec(text);
  if (!found) continue;
  const body = text.slice(found.index + found[0].length, text.indexOf('static readonly discriminator'));
  const fields = {};
  for (const [, comment, name] of body.matchAll(FIELD)) if (comment) fields[name] = commentText(comment);
  descriptions[found[2]] = { description: commentText(found[1]), fields };
}
if (!descriptions.V1DaemonSetSpec) throw new Error(`${models} does not look as expected`);
await writeFile(target, JSON.stringify(descriptions));
