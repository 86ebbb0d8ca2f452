import type { ResourceDefinition, Verb } from '@everynode/objects';
import type { JsonSchema } from './schemas.js';

/** One request that can be made, before it is written in a version of OpenAPI. */
export interface Operation {
  path: string;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  id: string;
  /** `x-kubernetes-action`. */
  action: string;
  kind: { group: string; version: string; kind: string };
  /** Type name of the body, where there is one. */
  body?: string;
  /** Type name of the answer. */
  answer: string;
  query: Parameter[];
  /** Names in the path. */
  pathNames: string[];
}

export interface Parameter {
  name: string;
  type: 'string' | 'integer' | 'boolean';
  description: string;
}

const text = (name: string, description: string): Parameter => ({ name, type: 'string', description });
const flag = (name: string, description: string): Parameter => ({ name, type: 'boolean', description });
const count = (name: string, description: string): Parameter => ({ name, type: 'integer', description });

const PRETTY = text('pretty', 'Ignored: answers are compact.');
const DRY_RUN = text('dryRun', 'All: do everything but the commit.');
const WRITE = [
  PRETTY,
  DRY_RUN,
  text('fieldManager', 'Who makes the change.'),
  text('fieldValidation', 'What to do about fields that the type does not have: Strict, Warn or Ignore.'),
];
const LIST = [
  PRETTY,
  flag('allowWatchBookmarks', 'Send marks of progress in a watch.'),
  text('continue', 'Where the last page ended.'),
  text('fieldSelector', 'Only objects with these fields.'),
  text('labelSelector', 'Only objects with these labels.'),
  count('limit', 'Objects in a page.'),
  text('resourceVersion', 'How new the answer has to be.'),
  text('resourceVersionMatch', 'How resourceVersion is meant.'),
  flag('sendInitialEvents', 'Begin a watch with what is there.'),
  count('timeoutSeconds', 'When to end a watch.'),
  flag('watch', 'Stream changes.'),
];
const DELETE = [
  PRETTY,
  DRY_RUN,
  count('gracePeriodSeconds', 'Time to stop.'),
  flag('orphanDependents', 'The old spelling of propagationPolicy.'),
  text('propagationPolicy', 'What becomes of dependents.'),
];

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** All requests that a resource answers. */
export function operationsOf(definition: ResourceDefinition): Operation[] {
  const { group, version, kind, plural, namespaced, schema } = definition;
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const collection = `${root}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`;
  const scope = namespaced ? ['namespace'] : [];
  const word = `${camel(group)}${camel(version)}${namespaced ? 'Namespaced' : ''}${kind}`;
  const gvk = { group, version, kind };
  const base = { kind: gvk };
  const one = { ...base, path: `${collection}/{name}`, pathNames: ['name', ...scope], answer: schema };
  const all = { ...base, path: collection, pathNames: scope, answer: `${schema}List` };
  const byVerb: Partial<Record<Verb, Operation>> = {
    list: { ...all, method: 'get', id: `list${word}`, action: 'list', query: LIST },
    create: { ...all, method: 'post', id: `create${word}`, action: 'post', body: schema, answer: schema, query: WRITE },
    deletecollection: {
      ...all,
      method: 'delete',
      id: `deleteCollection${word}`,
      action: 'deletecollection',
      body: `${META}.DeleteOptions`,
      answer: `${META}.Status`,
      query: [...DELETE, ...LIST.slice(2)],
    },
    get: { ...one, method: 'get', id: `read${word}`, action: 'get', query: [PRETTY] },
    update: { ...one, method: 'put', id: `replace${word}`, action: 'put', body: schema, query: WRITE },
    patch: {
      ...one,
      method: 'patch',
      id: `patch${word}`,
      action: 'patch',
      body: `${META}.Patch`,
      query: [...WRITE, flag('force', 'Take fields over from other managers.')],
    },
    delete: {
      ...one,
      method: 'delete',
      id: `delete${word}`,
      action: 'delete',
      body: `${META}.DeleteOptions`,
      answer: `${META}.Status`,
      query: DELETE,
    },
  };
  const operations = definition.verbs.flatMap((verb) => byVerb[verb] ?? []);
  if (namespaced && definition.verbs.includes('list')) {
    operations.push({
      ...all,
      path: `${root}/${plural}`,
      pathNames: [],
      method: 'get',
      id: `list${camel(group)}${camel(version)}${kind}ForAllNamespaces`,
      action: 'list',
      query: LIST,
    });
  }
  if (definition.subresources.some(({ name }) => name === 'status')) {
    for (const verb of ['get', 'update', 'patch'] as const) {
      const operation = byVerb[verb];
      if (operation) operations.push({ ...operation, path: `${operation.path}/status`, id: `${operation.id}Status` });
    }
  }
  return operations;
}

function camel(words: string): string {
  return words
    .replace(/\.k8s\.io$/, '')
    .split(/[.-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** Media types of a patch. */
export const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** Words that both versions of OpenAPI share. */
export function sharedParts(operation: Operation): JsonSchema {
  return {
    operationId: operation.id,
    tags: [operation.kind.group === '' ? 'core_v1' : `${camel(operation.kind.group)}_${operation.kind.version}`],
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.kind,
  };
}
