import type { Attributes, ResourceAttributes, User } from '@everynode/authorization';
import { ApiError, type FieldRequirement, parseFieldSelector, requiredFieldValue, type Verb } from '@everynode/objects';
import type { Query } from '../http/query.js';
import type { RequestInfo } from '../http/request-info.js';
import type { ResourcePath } from '../http/resource-path.js';

const SELECTING: readonly string[] = ['list', 'watch', 'deletecollection'];

const NAMESPACE_SUBRESOURCES: readonly string[] = ['status', 'finalize'];

/**
 * What a request wants to do, from its method and URL alone. Paths that are not served are read by their form, as
 * upstream does, so that they are refused before they are not found.
 * Source: apiserver/pkg/endpoints/request/requestinfo.go, NewRequestInfo.
 */
export function attributesOf(method: string, info: RequestInfo, user: User): Attributes {
  const { target, query, path } = info;
  if (target.kind === 'resource') return resourceAttributes(method, target.path, target.verb, query, user);
  return byForm(method, path, query, user) ?? { kind: 'path', user, verb: method.toLowerCase(), path: readable(path) };
}

function resourceAttributes(
  method: string,
  { definition, namespace, name = '', subresource = '', watches }: ResourcePath,
  verb: Verb | undefined,
  query: Query,
  user: User,
): ResourceAttributes {
  const at = {
    kind: 'resource',
    user,
    verb: verb ?? verbOfMethod(method, name, query),
    group: definition.group,
    resource: definition.plural,
    subresource,
    // A namespace is an object in itself, so that a role inside it can allow to read it.
    namespace: definition.storage === 'namespaces' ? name : namespace,
    name,
  } as const;
  return watches ? at : withSelector(at, query);
}

function verbOfMethod(method: string, name: string, query: Query): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (name !== '') return 'get';
      return query.flag('watch') ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      return '';
  }
}

/** A list or watch that selects one name is one of that object. A selector that cannot be read selects nothing here. */
function withSelector(at: ResourceAttributes, query: Query): ResourceAttributes {
  if (!SELECTING.includes(at.verb)) return at;
  const text = query.text('fieldSelector');
  const fieldSelector = text ? readSelector(text) : [];
  if (fieldSelector.length === 0) return at;
  const selected = at.verb === 'deletecollection' ? undefined : requiredFieldValue(fieldSelector, 'metadata.name');
  const name = at.name || (selected !== undefined && /^(?!\.{1,2}$)[^/%]+$/.test(selected) ? selected : '');
  return { ...at, name, fieldSelector };
}

function readSelector(text: string): FieldRequirement[] {
  try {
    return parseFieldSelector(text);
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
}

/** Undefined for a path that has not the form of one for objects. */
function byForm(method: string, path: string, query: Query, user: User): ResourceAttributes | undefined {
  const segments = path.split('/').filter(Boolean).map(readable);
  const isCore = segments[0] === 'api';
  if (!isCore && segments[0] !== 'apis') return undefined;
  let parts = segments.slice(isCore ? 2 : 3);
  if (parts.length === 0) return undefined;
  const watches = parts[0] === 'watch';
  if (watches) parts = parts.slice(1);
  let namespace = '';
  if (parts[0] === 'namespaces' && parts[1] !== undefined) {
    namespace = parts[1];
    if (parts[2] !== undefined && !NAMESPACE_SUBRESOURCES.includes(parts[2])) parts = parts.slice(2);
  }
  const [resource = '', name = '', subresource = ''] = parts;
  const verb = watches ? 'watch' : verbOfMethod(method, name, query);
  const group = isCore ? '' : (segments[1] ?? '');
  return withSelector({ kind: 'resource', user, verb, group, resource, subresource, namespace, name }, query);
}

function readable(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return segment;
    throw error;
  }
}
