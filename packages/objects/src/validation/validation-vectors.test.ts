import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalValue } from '../decode/index.js';
import type { FieldError } from '../field-error.js';
import { fieldErrorMessage } from '../field-error.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition } from '../resource.js';
import { findResource } from '../resources/index.js';

interface Expected {
  valid?: boolean;
  errors?: { type: string; field: string; detail?: string }[];
  fields?: Record<string, unknown>;
  generation?: number;
  templateGeneration?: string;
}

interface Case {
  id: string;
  kind: string;
  title: string;
  given: { object?: object; oldObject?: object; status?: object; oldStatus?: object; level?: 'api' | 'validator' };
  expect: Expected;
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/validation.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

function resource(plural: string): ResourceDefinition {
  const found = findResource('apps', 'v1', plural);
  if (!found) throw new Error(`no resource ${plural}`);
  return found;
}

const daemonSets = resource('daemonsets');
const controllerRevisions = resource('controllerrevisions');

function decoded(definition: ResourceDefinition, value: unknown): KubeObject {
  return canonicalValue(definition.schema, value) as KubeObject;
}

/** An object as it stands before validation: decoded, and defaulted unless the case is about the validator alone. */
function prepared(definition: ResourceDefinition, value: unknown, level = 'api'): KubeObject {
  const object = decoded(definition, value);
  if (level === 'api') definition.setDefaults(object);
  return object;
}

function expectErrors(errors: FieldError[], expected: Expected): void {
  const pairs = (list: { type: string; field: string }[]) =>
    list.map(({ type, field }) => `${type} ${field}`).sort(order);
  expect(pairs(errors)).toEqual(pairs(expected.errors ?? []));
  expect(errors.length === 0).toBe(expected.valid);
  for (const { type, field, detail } of expected.errors ?? []) {
    if (detail === undefined) continue;
    const messages = errors.filter((error) => error.type === type && error.field === field).map(fieldErrorMessage);
    expect(messages.some((message) => message.endsWith(detail))).toBe(true);
  }
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const at = (object: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);

const SAMPLE = { metadata: { name: 'abc', namespace: 'default' } };

const runners: Record<string, (given: Case['given'], expected: Expected) => void> = {
  createDaemonSet({ object, level }, expected) {
    expectErrors(daemonSets.validate(prepared(daemonSets, object, level)), expected);
  },
  updateDaemonSet({ object, oldObject, level }, expected) {
    const current = prepared(daemonSets, oldObject, level);
    expectErrors(daemonSets.validateUpdate(prepared(daemonSets, object, level), current), expected);
  },
  updateDaemonSetStatus({ status, oldStatus }, expected) {
    const object = decoded(daemonSets, { ...SAMPLE, status });
    const current = decoded(daemonSets, { ...SAMPLE, status: oldStatus });
    daemonSets.prepareForStatusUpdate(object, current);
    expectErrors(daemonSets.validateStatusUpdate(object, current), expected);
  },
  createControllerRevision({ object }, expected) {
    expectErrors(controllerRevisions.validate(prepared(controllerRevisions, object)), expected);
  },
  updateControllerRevision({ object, oldObject }, expected) {
    const current = prepared(controllerRevisions, oldObject);
    expectErrors(controllerRevisions.validateUpdate(prepared(controllerRevisions, object), current), expected);
  },
  defaults({ object }, { fields = {} }) {
    const stored = prepared(daemonSets, object);
    const actual = Object.keys(fields).map((path) => [path, at(stored, path) ?? null]);
    expect(Object.fromEntries(actual)).toEqual(fields);
  },
  generation({ object, oldObject }, { generation, templateGeneration }) {
    const updated = prepared(daemonSets, object);
    daemonSets.prepareForUpdate(updated, prepared(daemonSets, oldObject));
    expect(updated.metadata.generation).toBe(generation);
    expect(updated.metadata.annotations?.['deprecated.daemonset.template.generation']).toBe(templateGeneration);
  },
};

describe('validation as upstream answers', () => {
  it.each(cases.map((one) => [one.id, one] as const))('%s', (_id, { kind, given, expect: expected }) => {
    const run = runners[kind];
    if (!run) throw new Error(`no runner for cases of kind ${kind}`);
    run(given, expected);
  });
});
