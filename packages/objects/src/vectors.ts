import { canonicalValue } from './decode/index.js';
import { type FieldError, fieldErrorMessage } from './field-error.js';
import type { KubeObject } from './kube-object.js';
import type { ResourceDefinition, TableDefinition } from './resource.js';
import { findResource } from './resources/index.js';
import {
  controllerRevisionTable,
  daemonSetTable,
  eventTable,
  formatAge,
  namespaceTable,
  nodeTable,
  podTable,
  type RolloutObject,
  rolloutStatus,
} from './table/index.js';

/** A conformance case about validation, defaults or printing, from the files in test/vectors. */
export interface ObjectVector {
  id: string;
  kind: string;
  given: Record<string, unknown>;
  expect: Record<string, unknown>;
}

interface WriteGiven {
  object?: object;
  oldObject?: object;
  level?: string;
}

interface RowGiven {
  object: KubeObject;
  wide: boolean;
  now: string;
}

const SAMPLE = { metadata: { name: 'abc', namespace: 'default' } };
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

function resource(plural: string): ResourceDefinition {
  const found = findResource('apps', 'v1', plural);
  if (!found) throw new Error(`no resource ${plural}`);
  return found;
}

const daemonSets = resource('daemonsets');
const controllerRevisions = resource('controllerrevisions');

const decoded = (definition: ResourceDefinition, value: unknown): KubeObject =>
  canonicalValue(definition.schema, value) as KubeObject;

/** An object before validation: decoded, and defaulted unless the case is about the validator only. */
function prepared(definition: ResourceDefinition, value: unknown, level = 'api'): KubeObject {
  const object = decoded(definition, value);
  if (level === 'api') definition.setDefaults(object);
  return object;
}

const verdict = (errors: FieldError[]) => ({
  valid: errors.length === 0,
  errors: errors.map((error) => ({ type: error.type, field: error.field, detail: fieldErrorMessage(error) })),
});

const create =
  (definition: ResourceDefinition) =>
  ({ object, level }: WriteGiven) =>
    verdict(definition.validate(prepared(definition, object, level)));

const update =
  (definition: ResourceDefinition) =>
  ({ object, oldObject, level }: WriteGiven) =>
    verdict(definition.validateUpdate(prepared(definition, object, level), prepared(definition, oldObject, level)));

/**
 * The cells that kubectl shows. The server always sends the wide ones too.
 * @throws Error when a cell has no column.
 */
const row =
  (table: TableDefinition) =>
  ({ object, wide, now }: RowGiven) => {
    const { cells } = table.row(object, Date.parse(now));
    const { columns } = table;
    if (cells.length !== columns.length) throw new Error(`${cells.length} cells for ${columns.length} columns`);
    return { cells: cells.filter((_cell, index) => wide || columns[index]?.priority === 0) };
  };

const valueAt = (object: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);

/** A method, whose parameters TypeScript compares in both directions: each answer takes the cases of its kind. */
type Answer = { of(given: object, expect: object): unknown }['of'];

const ANSWERS: Record<string, Answer> = {
  createDaemonSet: create(daemonSets),
  updateDaemonSet: update(daemonSets),
  createControllerRevision: create(controllerRevisions),
  updateControllerRevision: update(controllerRevisions),
  updateDaemonSetStatus: ({ status, oldStatus }: { status: object; oldStatus: object }) => {
    const object = decoded(daemonSets, { ...SAMPLE, status });
    const current = decoded(daemonSets, { ...SAMPLE, status: oldStatus });
    daemonSets.prepareForStatusUpdate(object, current);
    return verdict(daemonSets.validateStatusUpdate(object, current));
  },
  defaults: ({ object }: WriteGiven, { fields }: { fields: object }) => {
    const stored = prepared(daemonSets, object);
    return { fields: Object.fromEntries(Object.keys(fields).map((path) => [path, valueAt(stored, path) ?? null])) };
  },
  generation: ({ object, oldObject }: WriteGiven) => {
    const updated = prepared(daemonSets, object);
    daemonSets.prepareForUpdate(updated, prepared(daemonSets, oldObject));
    const { generation, annotations } = updated.metadata;
    return { generation, templateGeneration: annotations?.[TEMPLATE_GENERATION] };
  },
  podRow: row(podTable),
  nodeRow: row(nodeTable),
  daemonSetRow: row(daemonSetTable),
  controllerRevisionRow: row(controllerRevisionTable),
  eventRow: row(eventTable),
  namespaceRow: row(namespaceTable),
  age: ({ seconds }: { seconds: number }) => ({ text: formatAge(seconds * 1000) }),
  rolloutStatus: (given: RolloutObject) => {
    try {
      return rolloutStatus(given);
    } catch {
      return { error: true };
    }
  },
};

/** Kinds of cases that this package answers. */
export const OBJECT_VECTOR_KINDS: readonly string[] = Object.keys(ANSWERS);

/**
 * The answer to a case, in the shape of its `expect`.
 * @throws Error for a kind that another package answers.
 */
export function answerObjectVector({ kind, given, expect }: ObjectVector): unknown {
  const answer = ANSWERS[kind];
  if (!answer) throw new Error(`no vectors of kind ${kind} here`);
  return answer(given, expect);
}
