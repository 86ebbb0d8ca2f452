import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyObject } from '../../testing/arbitrary-object.js';
import { decodeObject } from '../decode/index.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition } from '../resource.js';
import { resources } from './index.js';

/** The same twice over, as an update would meet them. */
function exercise(definition: ResourceDefinition, object: KubeObject, current: KubeObject): void {
  for (const each of [object, current]) {
    definition.setDefaults(each);
    definition.prepareForCreate(each);
    definition.validate(each);
  }
  const status = structuredClone(object);
  definition.prepareForStatusUpdate(status, current);
  definition.validateStatusUpdate(status, current);
  definition.prepareForUpdate(object, current);
  definition.validateUpdate(object, current);
  definition.table.row(object, 0);
  for (const read of Object.values(definition.fields)) expect(typeof read(object)).toBe('string');
}

describe('whatever a client sends', () => {
  it.each(resources.map((one) => [`${one.plural}.${one.group}`, one] as const))('%s: answered', (_name, definition) => {
    fc.assert(
      fc.property(anyObject(definition.schema), anyObject(definition.schema), (sent, stored) => {
        const { object } = decodeObject({ value: sent }, definition);
        const current = decodeObject({ value: stored }, definition).object;
        expect(decodeObject({ value: object }, definition, 'Strict').object).toEqual(object);
        exercise(definition, object, current);
      }),
      propertyRuns(300),
    );
  });
});
