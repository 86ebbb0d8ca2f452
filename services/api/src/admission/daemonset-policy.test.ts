import { type DaemonSet, resourceByStorage, type Stored } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import type { ApiContext } from '../api-context.js';
import { daemonSetPolicy } from './daemonset-policy.js';

const set = (deadline: string | undefined, minReadySeconds?: number): Stored<DaemonSet> => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: {
    name: 'd',
    namespace: 'a',
    uid: 'u',
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: deadline === undefined ? {} : { 'everynode.io/progress-deadline-seconds': deadline },
  },
  spec: {
    selector: {},
    template: { spec: { containers: [] } },
    ...(minReadySeconds !== undefined && { minReadySeconds }),
  },
});

const errors = (object: Stored<DaemonSet>, before?: Stored<DaemonSet>) =>
  daemonSetPolicy.fieldErrors?.({
    // The rule reads the object only.
    context: {} as ApiContext,
    operation: before ? 'update' : 'create',
    definition: resourceByStorage('daemonsets.apps'),
    object,
    ...(before && { before }),
  });

const refused = (value: string) => [
  {
    type: 'FieldValueInvalid',
    field: 'metadata.annotations[everynode.io/progress-deadline-seconds]',
    value,
    detail: 'must be greater than minReadySeconds',
  },
];

describe('a progress deadline', () => {
  it('is greater than minReadySeconds, as that of a Deployment', () => {
    expect(errors(set('6', 6))).toEqual(refused('6'));
    expect(errors(set('6', 7))).toEqual(refused('6'));
    expect(errors(set('6', 5))).toEqual([]);
    expect(errors(set('6'))).toEqual([]);
    expect(errors(set(undefined, 7))).toEqual([]);
  });

  it('is refused with whichever of the two an update changes, and not with what it leaves as it was', () => {
    expect(errors(set('6', 7), set('8', 7))).toEqual(refused('6'));
    expect(errors(set('6', 7), set('6', 5))).toEqual(refused('6'));
    expect(errors(set('6', 7), set('6', 7))).toEqual([]);
  });
});
