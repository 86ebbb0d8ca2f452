import {
  isEmptySelector,
  type LabelSelector,
  matchesLabelSelector,
  notFound,
  type ResourceDefinition,
  resources,
  resourcesVersion,
} from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import type { AdmissionOperation } from '../operation.js';
import type { AdmittedResource, Attributes } from './attributes.js';

/** One rule of a webhook or policy. */
export interface Rule {
  operations?: readonly string[];
  apiGroups?: readonly string[];
  apiVersions?: readonly string[];
  resources?: readonly string[];
  scope?: string;
  /** Only of policies. */
  resourceNames?: readonly string[];
}

/** Which writes something is for. */
export interface Match {
  rules: readonly Rule[];
  matchPolicy?: string | undefined;
  namespaceSelector?: LabelSelector | undefined;
  objectSelector?: LabelSelector | undefined;
}

const includes = (values: readonly string[] | undefined, wanted: string): boolean =>
  values?.some((value) => value === '*' || value === wanted) ?? false;

/** Source: apiserver plugin/webhook/predicates/rules/rules.go. */
export function matchesRule(rule: Rule, attributes: Attributes, definition = attributes.definition): boolean {
  const { operation, namespace, name, subresource } = attributes;
  const isNamespaced = definition.namespaced && namespace !== '';
  if (rule.scope === 'Namespaced' && !isNamespaced) return false;
  if (rule.scope === 'Cluster' && isNamespaced) return false;
  if (!includes(rule.operations, OPERATIONS[operation])) return false;
  if (!includes(rule.apiGroups, definition.group) || !includes(rule.apiVersions, definition.version)) return false;
  const { resourceNames = [] } = rule;
  if (resourceNames.length > 0 && !resourceNames.includes(name)) return false;
  return (rule.resources ?? []).some((entry) => {
    const [resource = '', sub = ''] = entry.split('/', 2);
    return (resource === '*' || resource === definition.plural) && (sub === '*' || sub === subresource);
  });
}

export const OPERATIONS: Readonly<Record<AdmissionOperation, string>> = {
  create: 'CREATE',
  update: 'UPDATE',
  delete: 'DELETE',
  connect: 'CONNECT',
};

let byStorage = new Map<string, ResourceDefinition[]>();
let madeOf: number | undefined;

/** Other groups and versions in which the same objects are served. */
function equivalentsOf(definition: AdmittedResource): ResourceDefinition[] {
  if (madeOf !== resourcesVersion()) {
    madeOf = resourcesVersion();
    byStorage = new Map();
    for (const one of resources) byStorage.set(one.storage, [...(byStorage.get(one.storage) ?? []), one]);
  }
  return (byStorage.get(definition.storage) ?? []).filter((other) => other !== definition);
}

/**
 * The resource in whose form a write is sent: its own, or an equivalent one that a rule names; undefined where it does
 * not match. Selectors of a namespace that is gone are an error only for what the rules match.
 * @throws ApiError NotFound. Source: plugin/webhook/generic/webhook.go, ShouldCallHook.
 */
export function matchedResource(
  context: ApiContext,
  match: Match,
  attributes: Attributes,
): AdmittedResource | undefined {
  const { rules, matchPolicy, namespaceSelector, objectSelector } = match;
  const matched = rules.some((rule) => matchesRule(rule, attributes))
    ? attributes.definition
    : matchPolicy === 'Exact'
      ? undefined
      : equivalentsOf(attributes.definition).find((other) =>
          rules.some((rule) => matchesRule(rule, attributes, other)),
        );
  if (!matched) return undefined;
  if (!matchesObject(objectSelector, attributes)) return undefined;
  return matchesNamespace(context, namespaceSelector, attributes) ? matched : undefined;
}

/** A selector matches when the old or the new object has the labels. Options of a connection have none. */
function matchesObject(selector: LabelSelector | undefined, { object, oldObject }: Attributes): boolean {
  if (!selector || isEmptySelector(selector)) return true;
  return [object, oldObject].some((one) => one?.metadata && matchesLabelSelector(selector, one.metadata.labels));
}

function matchesNamespace(
  { reflector }: ApiContext,
  selector: LabelSelector | undefined,
  attributes: Attributes,
): boolean {
  const { definition, operation, namespace, name, subresource, object } = attributes;
  const isNamespace = definition.storage === 'namespaces';
  if (!selector || isEmptySelector(selector) || (!definition.namespaced && !isNamespace)) return true;
  if (isNamespace && subresource === '' && operation !== 'delete') {
    return matchesLabelSelector(selector, object?.metadata.labels);
  }
  const wanted = isNamespace ? name : namespace;
  const found = reflector.cache('namespaces').get('', wanted);
  if (!found) throw notFound({ group: '', plural: 'namespaces', name: wanted });
  return matchesLabelSelector(selector, found.labels);
}
