import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeObject } from '../decode/index.js';
import type { FieldError } from '../field-error.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition } from '../resource.js';
import { findResource } from './index.js';

interface Expected {
  valid: boolean;
  errors: { type: string; field: string; detail?: string }[];
  fields: Record<string, unknown>;
  generation: number;
  templateGeneration: string;
}

interface ValidationCase {
  id: string;
  kind: string;
  given: { object: object; oldObject?: object; level?: 'api' | 'validator'; status?: object; oldStatus?: object };
  expect: Expected;
}

function definitionOf(plural: string): ResourceDefinition {
  const definition = findResource('apps', 'v1', plural);
  if (!definition) throw new Error(`no definition of ${plural}`);
  return definition;
}

const daemonSets = definitionOf('daemonsets');
const revisions = definitionOf('controllerrevisions');

/** What a store adds to an object's metadata before it is validated. */
function stored(definition: ResourceDefinition, value: object, defaulted: boolean): KubeObject {
  const { object } = decodeObject({ value }, definition);
  if (defaulted) definition.setDefaults(object);
  return object;
}

/** Cases of level `validator` ask the validation function alone, without what happens to an object before it. */
function errorsOf({ kind, given }: ValidationCase): FieldError[] {
  const defaulted = given.level !== 'validator';
  switch (kind) {
    case 'createDaemonSet':
      return daemonSets.validate(stored(daemonSets, given.object, defaulted));
    case 'updateDaemonSet': {
      const object = stored(daemonSets, given.object, defaulted);
      return daemonSets.validateUpdate(object, stored(daemonSets, given.oldObject ?? {}, defaulted));
    }
    case 'updateDaemonSetStatus': {
      const metadata = { name: 'abc', namespace: 'default' };
      const object = stored(daemonSets, { metadata, status: given.status }, false);
      return daemonSets.validateStatusUpdate(object, stored(daemonSets, { metadata, status: given.oldStatus }, false));
    }
    case 'createControllerRevision':
      return revisions.validate(stored(revisions, given.object, true));
    case 'updateControllerRevision':
      return revisions.validateUpdate(
        stored(revisions, given.object, true),
        stored(revisions, given.oldObject ?? {}, true),
      );
    default:
      throw new Error(`no answer for ${kind}`);
  }
}

const byTypeAndField = (errors: { type: string; field: string }[]): string[] =>
  errors.map(({ type, field }) => `${type} ${field}`).sort();

function at(object: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

const path = new URL('../../../../test/vectors/validation.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: ValidationCase[] };
const named = (kinds: string[], not = false) =>
  cases.filter((vector) => kinds.includes(vector.kind) !== not).map((vector) => [vector.id, vector] as const);

describe('validation', () => {
  it.each(named(['defaults', 'generation'], true))('%s', (_id, vector) => {
    const errors = errorsOf(vector);
    expect(byTypeAndField(errors)).toEqual(byTypeAndField(vector.expect.errors));
    expect(errors.length === 0).toBe(vector.expect.valid);
    for (const { type, field, detail } of vector.expect.errors) {
      if (detail === undefined) continue;
      const details = errors
        .filter((error) => error.type === type && error.field === field)
        .map((error) => error.detail);
      expect(details.some((text) => text.endsWith(detail))).toBe(true);
    }
  });
});

describe('defaults', () => {
  it.each(named(['defaults']))('%s', (_id, { given, expect: expected }) => {
    const object = stored(daemonSets, given.object, true);
    for (const [field, value] of Object.entries(expected.fields)) expect(at(object, field) ?? null).toEqual(value);
  });
});

describe('generation', () => {
  it.each(named(['generation']))('%s', (_id, { given, expect: expected }) => {
    const object = stored(daemonSets, given.object, true);
    daemonSets.prepareForUpdate(object, stored(daemonSets, given.oldObject ?? {}, true));
    expect(object.metadata.generation).toBe(expected.generation);
    expect(object.metadata.annotations?.['deprecated.daemonset.template.generation']).toBe(expected.templateGeneration);
  });
});
