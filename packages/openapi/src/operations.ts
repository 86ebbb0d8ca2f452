import {
  groupVersionPath,
  type PostedKind,
  type ResourceDefinition,
  type ServedApi,
  type SubresourceDefinition,
  typeOfKind,
  type Verb,
} from '@everynode/objects';
import {
  DELETE_COLLECTION_PARAMETERS,
  DELETE_PARAMETERS,
  LIST_PARAMETERS,
  PATCH_PARAMETERS,
  type QueryParameter,
  WRITE_PARAMETERS,
} from './parameters.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One possible request, before it is written in a version of OpenAPI. */
export interface Operation {
  /** With names in braces: `/api/v1/namespaces/{namespace}/pods/{name}`. */
  path: string;
  method: Method;
  id: string;
  /** `core_v1`, `apps_v1`. */
  tag: string;
  description: string;
  /** `x-kubernetes-action`. */
  action: string;
  /** The kind of the request: that of a subresource's body when it has its own. */
  kind: { group: string; version: string; kind: string };
  /** Type name of the body, when there is one. */
  body?: string;
  /** Type name of the answer. */
  answer: string;
  query: readonly QueryParameter[];
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const PATCH_TYPE = `${META}.Patch`;
const STATUS_TYPE = `${META}.Status`;
const DELETE_OPTIONS_TYPE = `${META}.DeleteOptions`;

export const PATCH_MEDIA_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** `rbac.authorization.k8s.io` → `rbacAuthorization`, the core → `core`. Rule: kube-openapi's names of operations. */
function groupWord(group: string): string {
  const [first = 'core', ...rest] = group.replace(/\.k8s\.io$/, '').split('.');
  return [first || 'core', ...rest.map(capitalized)].join('');
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** The word after the verb in an operation's id: `AppsV1`. */
const idWord = ({ group, version }: { group: string; version: string }): string =>
  capitalized(groupWord(group)) + capitalized(version);

const tagOf = ({ group, version }: { group: string; version: string }): string => `${groupWord(group)}_${version}`;

/** The HTTP method of each verb, and upstream's name for it. */
const OBJECT_VERBS = {
  create: { method: 'post', action: 'post', word: 'create' },
  delete: { method: 'delete', action: 'delete', word: 'delete' },
  get: { method: 'get', action: 'get', word: 'read' },
  patch: { method: 'patch', action: 'patch', word: 'patch' },
  update: { method: 'put', action: 'put', word: 'replace' },
} as const satisfies Partial<Record<Verb, { method: Method; action: string; word: string }>>;

type ObjectVerb = keyof typeof OBJECT_VERBS;

const isObjectVerb = (verb: Verb): verb is ObjectVerb => verb in OBJECT_VERBS;

/** Body, answer and query of a request for one object. */
function exchange(verb: ObjectVerb, type: string): Pick<Operation, 'body' | 'answer' | 'query'> {
  switch (verb) {
    case 'get':
      return { answer: type, query: [] };
    case 'create':
    case 'update':
      return { body: type, answer: type, query: WRITE_PARAMETERS };
    case 'patch':
      return { body: PATCH_TYPE, answer: type, query: PATCH_PARAMETERS };
    case 'delete':
      return { body: DELETE_OPTIONS_TYPE, answer: STATUS_TYPE, query: DELETE_PARAMETERS };
  }
}

interface Place {
  /** Of the collection. */
  path: string;
  /** `NamespacedPod`, `Node`. */
  word: string;
}

function placeOf({ group, version, plural, namespaced, kind }: ResourceDefinition): Place {
  const root = `/${groupVersionPath({ group, version })}`;
  return {
    path: `${root}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`,
    word: `${namespaced ? 'Namespaced' : ''}${kind}`,
  };
}

function resourceOperations(definition: ResourceDefinition): Operation[] {
  const { group, version, kind, schema, plural, namespaced } = definition;
  const { path, word } = placeOf(definition);
  const shared = { kind: { group, version, kind }, tag: tagOf(definition) };
  const list = {
    ...shared,
    method: 'get',
    description: `list or watch objects of kind ${kind}`,
    action: 'list',
    answer: schema.replace(new RegExp(`${kind}$`), definition.listKind),
    query: LIST_PARAMETERS,
  } as const;
  return definition.verbs.flatMap((verb): Operation[] => {
    if (isObjectVerb(verb)) {
      const { word: verbWord, ...http } = OBJECT_VERBS[verb];
      return [
        {
          ...shared,
          ...http,
          ...exchange(verb, schema),
          path: verb === 'create' ? path : `${path}/{name}`,
          id: `${verbWord}${idWord(definition)}${word}`,
          description: verb === 'create' ? `create a ${kind}` : `${verbWord} the specified ${kind}`,
        },
      ];
    }
    if (verb === 'list') {
      const own = { ...list, path, id: `list${idWord(definition)}${word}` };
      if (!namespaced) return [own];
      const everywhere = `/${groupVersionPath(definition)}/${plural}`;
      return [own, { ...list, path: everywhere, id: `list${idWord(definition)}${kind}ForAllNamespaces` }];
    }
    if (verb === 'deletecollection') {
      return [
        {
          ...shared,
          path,
          method: 'delete',
          id: `delete${idWord(definition)}Collection${word}`,
          description: `delete collection of ${kind}`,
          action: 'deletecollection',
          body: DELETE_OPTIONS_TYPE,
          answer: STATUS_TYPE,
          query: DELETE_COLLECTION_PARAMETERS,
        },
      ];
    }
    // A watch is a list with a parameter.
    return [];
  });
}

function subresourceOperations(definition: ResourceDefinition, subresource: SubresourceDefinition): Operation[] {
  const { group, version, kind } = subresource.kind ?? definition;
  const type = subresource.kind ? typeOfKind(group, version, kind) : definition.schema;
  if (type === undefined) throw new Error(`the schema has no ${kind} of ${group}/${version}`);
  const { path, word } = placeOf(definition);
  return subresource.verbs.filter(isObjectVerb).map((verb) => {
    const { word: verbWord, ...http } = OBJECT_VERBS[verb];
    return {
      ...http,
      ...exchange(verb, type),
      path: `${path}/{name}/${subresource.name}`,
      id: `${verbWord}${idWord(definition)}${word}${capitalized(subresource.name)}`,
      tag: tagOf(definition),
      description: `${verbWord} ${subresource.name} of the specified ${definition.kind}`,
      kind: { group, version, kind },
    };
  });
}

function postedKindOperations(posted: PostedKind): Operation[] {
  const { group, version, kind, plural, schema, namespaced } = posted;
  if (schema === undefined) return [];
  return [
    {
      path: `/${groupVersionPath(posted)}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`,
      method: 'post',
      id: `create${idWord(posted)}${namespaced ? 'Namespaced' : ''}${kind}`,
      tag: tagOf(posted),
      description: `create a ${kind}`,
      action: 'post',
      kind: { group, version, kind },
      body: schema,
      answer: schema,
      query: WRITE_PARAMETERS,
    },
  ];
}

/** All requests that a server answers for its resources, in the order of the registry. */
export function operationsOf({ resources, postedKinds }: ServedApi): Operation[] {
  return [
    ...resources.flatMap((definition) => [
      ...resourceOperations(definition),
      ...definition.subresources.flatMap((subresource) =>
        subresource.isStream ? [] : subresourceOperations(definition, subresource),
      ),
    ]),
    ...postedKinds.flatMap(postedKindOperations),
  ];
}

/** The names in braces: `/a/{b}/c/{d}` → b, d. */
export function pathNames({ path }: Operation): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

/** Types in bodies and answers. */
export function typesOf(operations: readonly Operation[]): Set<string> {
  return new Set(operations.flatMap(({ body, answer }) => (body === undefined ? [answer] : [body, answer])));
}
