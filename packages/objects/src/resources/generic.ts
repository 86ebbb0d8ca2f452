import { canonicalValue } from '../decode/canonical-value.js';
import { setDeclaredDefaults } from '../defaults/declared.js';
import { GENERIC_KINDS, type GenericKind, type GenericName } from '../kinds/generic-kinds.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition, Verb } from '../resource.js';
import { lookupType, typeOfKind } from '../schema/index.js';
import { genericTable } from '../table/index.js';
import { validateByFacts } from '../validation/by-facts.js';
import { defineResource, statusSubresource } from './define-resource.js';
import { OWN_RULES, type OwnRules } from './own-rules.js';

const READ_ONLY: Verb[] = ['get', 'list'];

/** The status of an object that has none yet: what Go writes for an empty one. */
function emptyStatusOf(schema: string): () => Record<string, unknown> | undefined {
  const type = lookupType(schema)?.fields?.status?.ref;
  return () => (type === undefined ? undefined : (canonicalValue(type, {}) as Record<string, unknown>));
}

/** The name of a type in the schema. @throws Error for a kind that the schema does not have. */
function schemaOf(group: string, kind: string, version = 'v1'): string {
  const schema = typeOfKind(group, version, kind);
  if (schema === undefined) throw new Error(`the schema has no ${kind} in ${group}/${version}`);
  return schema;
}

function define(name: GenericName, facts: GenericKind): ResourceDefinition {
  const dot = name.indexOf('.');
  const group = dot < 0 ? '' : name.slice(dot + 1);
  const schema = schemaOf(group, facts.kind);
  const { validate, setDefaults, validatesAll, ...rules }: OwnRules = OWN_RULES[name] ?? {};
  return defineResource({
    group,
    version: 'v1',
    kind: facts.kind,
    plural: dot < 0 ? name : name.slice(0, dot),
    namespaced: facts.cluster !== true,
    schema,
    shortNames: [...(facts.shortNames ?? [])],
    categories: [...(facts.categories ?? [])],
    ...(facts.readOnly && { verbs: READ_ONLY }),
    ...(facts.status && { subresources: [statusSubresource], firstStatus: emptyStatusOf(schema) }),
    hasGeneration: facts.generation === true,
    createsOnUpdate: facts.createsOnUpdate === true,
    updatesUnconditionally: facts.conditional !== true,
    returnsDeleted: facts.returnsDeleted === true,
    table: genericTable,
    ...rules,
    setDefaults: (object: KubeObject) => {
      setDeclaredDefaults(schema, object);
      setDefaults?.(object);
    },
    validate: (object: KubeObject) => [
      ...(validatesAll ? [] : validateByFacts(schema, object)),
      ...(validate?.(object) ?? []),
    ],
  });
}

/** The definitions of {@link GENERIC_KINDS}, by their names. */
export const genericResources = Object.fromEntries(
  Object.entries(GENERIC_KINDS).map(([name, facts]) => [name, define(name as GenericName, facts)]),
) as Record<GenericName, ResourceDefinition>;
