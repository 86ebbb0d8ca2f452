import { describe, expect, it } from 'vitest';
import { genericTable, podTable, toTable } from './index.js';

const object = {
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'x', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { secret: 1 },
};

describe('toTable', () => {
  it('sends metadata alone unless asked otherwise', () => {
    const table = toTable(genericTable, [object], {
      now: 0,
      metadata: { resourceVersion: '7', continue: 'c', remainingItemCount: 3 },
    });
    expect(table).toEqual({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '7', continue: 'c', remainingItemCount: 3 },
      columnDefinitions: genericTable.columns,
      rows: [
        {
          cells: ['x', '2026-01-01T00:00:00Z'],
          object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
        },
      ],
    });
  });

  it('includes what was asked for', () => {
    const rowOf = (includeObject: 'None' | 'Metadata' | 'Object') =>
      toTable(genericTable, [object], { now: 0, version: 'v1beta1', includeObject }).rows[0];
    expect(rowOf('None')).toEqual({ cells: ['x', '2026-01-01T00:00:00Z'] });
    expect(rowOf('Metadata')?.object?.apiVersion).toBe('meta.k8s.io/v1beta1');
    expect(rowOf('Object')?.object).toBe(object);
  });

  it('can leave out the columns, and keeps conditions of rows', () => {
    const table = toTable(podTable, [{ ...object, status: { phase: 'Succeeded' } }], { now: 0, withColumns: false });
    expect(table.columnDefinitions).toBeNull();
    expect(table.rows[0]?.conditions).toHaveLength(1);
  });
});
