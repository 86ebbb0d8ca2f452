// Reads the descriptions of every type and field of the schema from the packages `@kubernetes/client-node` and
// `kubernetes-types`, and writes them beside the sources, where the api reads them. The texts belong to those packages
// and are not kept in this repository.
//
// The client is newer and is read first. It has no text for fields that hold an object, and no Time or Quantity: those
// texts come from the types. So do the paragraphs, which the client's texts have lost.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const folderOf = (name) => dirname(require.resolve(`${name}/package.json`));
const schemaFile = fileURLToPath(new URL('../../objects/src/schema/types.json', import.meta.url));
const target = fileURLToPath(new URL('../descriptions.json', import.meta.url));

const COMMENT = String.raw`(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?`;
const DECLARATION = new RegExp(String.raw`${COMMENT}export (?:declare )?(?:class|interface|type) (\w+)`, 'g');
const FIELD = new RegExp(String.raw`${COMMENT}(?:readonly )?'?([\w$]+)'?\??: `, 'g');

/** The text of a comment, without its stars. The client's generator escapes quotes as in a string. */
const commentText = (block) =>
  block
    .split('\n')
    .map((line) => line.replace(/^\s*\*\s?/, ''))
    .join('\n')
    .replace(/\\(['"\\])/g, '$1')
    .trim();

/** The descriptions in a declaration file, by the name of the type. */
async function readTexts(file) {
  const source = await readFile(file, 'utf8');
  const declarations = [...source.matchAll(DECLARATION)];
  return new Map(
    declarations.map(([head, comment, name], index) => {
      const from = (declarations[index]?.index ?? 0) + head.length;
      const body = source.slice(from, declarations[index + 1]?.index).split('static readonly')[0] ?? '';
      const fields = [...body.matchAll(FIELD)].filter(([, text]) => text);
      const texts = Object.fromEntries(fields.map(([, text, field]) => [field, commentText(text)]));
      return [name, { description: comment ? commentText(comment) : '', fields: texts }];
    }),
  );
}

/** Model classes whose name is not version and type name. */
const MODELS = {
  'io.k8s.api.authentication.v1.TokenRequest': 'AuthenticationV1TokenRequest',
  'io.k8s.api.core.v1.EndpointPort': 'CoreV1EndpointPort',
  'io.k8s.api.core.v1.Event': 'CoreV1Event',
  'io.k8s.api.core.v1.EventList': 'CoreV1EventList',
  'io.k8s.api.core.v1.EventSeries': 'CoreV1EventSeries',
  'io.k8s.api.core.v1.ResourceClaim': 'CoreV1ResourceClaim',
  'io.k8s.api.events.v1.Event': 'EventsV1Event',
  'io.k8s.api.events.v1.EventList': 'EventsV1EventList',
  'io.k8s.api.events.v1.EventSeries': 'EventsV1EventSeries',
  'io.k8s.api.rbac.v1.Subject': 'RbacV1Subject',
};

/** `io.k8s.api.apps.v1.DaemonSet` → `V1DaemonSet`. */
function modelOf(type) {
  const [version = '', name] = type.split('.').slice(-2);
  return MODELS[type] ?? `${version.charAt(0).toUpperCase()}${version.slice(1)}${name}`;
}

/** `io.k8s.api.apps.v1.DaemonSet` → `apps/v1`. */
const moduleOf = (type) =>
  type
    .replace(/^io\.k8s\.(api|apimachinery\.pkg\.apis|apimachinery\.pkg)\./, '')
    .replace(/\.\w+$/, '')
    .replaceAll('.', '/');

const words = (text) => text.split(/\s+/).join(' ');

/** The client's texts are newer and have no lines. Where the other package has the same words, its lines are kept. */
function inParagraphs(newer, older) {
  if (newer === undefined || older === undefined) return newer ?? older;
  return words(newer) === words(older) ? older : newer;
}

const models = join(folderOf('@kubernetes/client-node'), 'dist', 'gen', 'models');
const modelFiles = new Set(await readdir(models));
const types = folderOf('kubernetes-types');
const typeFiles = new Set(await readdir(types, { recursive: true }));
const modules = new Map();
const descriptions = {};

for (const [type, { fields = {} }] of Object.entries(JSON.parse(await readFile(schemaFile, 'utf8')))) {
  const model = modelOf(type);
  const module = `${moduleOf(type)}.d.ts`;
  if (!modules.has(module))
    modules.set(module, typeFiles.has(module) ? await readTexts(join(types, module)) : new Map());
  const older = modules.get(module).get(type.split('.').at(-1));
  const newer = modelFiles.has(`${model}.d.ts`)
    ? (await readTexts(join(models, `${model}.d.ts`))).get(model)
    : undefined;
  const description = newer?.description || older?.description;
  const texts = {};
  for (const field of Object.keys(fields)) {
    const text = inParagraphs(newer?.fields[field], older?.fields[field]);
    if (text) texts[field] = text;
  }
  if (description || Object.keys(texts).length > 0)
    descriptions[type] = { description: description ?? '', fields: texts };
}

const { description, fields } = descriptions['io.k8s.api.apps.v1.DaemonSetSpec'] ?? {};
if (!description || !fields.minReadySeconds || !fields.template) {
  throw new Error(`${models} and ${types} do not look as expected`);
}
await writeFile(target, JSON.stringify(descriptions));
