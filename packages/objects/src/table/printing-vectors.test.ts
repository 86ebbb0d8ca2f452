import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube-object.js';
import type { TableDefinition } from '../resource.js';
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
} from './index.js';

interface RowCase {
  kind: keyof typeof TABLES;
  given: { object: KubeObject; wide: boolean; now: string };
  expect: { cells: unknown[] };
}
interface AgeCase {
  kind: 'age';
  given: { seconds: number };
  expect: { text: string };
}
interface RolloutCase {
  kind: 'rolloutStatus';
  given: RolloutObject;
  expect: { message: string; done: boolean } | { error: true };
}
type PrintingCase = { id: string; title: string } & (RowCase | AgeCase | RolloutCase);

const TABLES = {
  podRow: podTable,
  nodeRow: nodeTable,
  daemonSetRow: daemonSetTable,
  controllerRevisionRow: controllerRevisionTable,
  eventRow: eventTable,
  namespaceRow: namespaceTable,
} satisfies Record<string, TableDefinition>;

const vectors = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/printing.json', import.meta.url), 'utf8'),
) as { cases: PrintingCase[] };

/** The cells that kubectl shows; the server always sends the wide ones too. */
function shownCells({ kind, given }: RowCase): unknown[] {
  const table: TableDefinition = TABLES[kind];
  const { cells } = table.row(given.object, Date.parse(given.now));
  expect(cells).toHaveLength(table.columns.length);
  return cells.filter((_cell, index) => given.wide || table.columns[index]?.priority === 0);
}

describe('upstream printing cases', () => {
  it.each(vectors.cases)('$id: $title', (vector) => {
    switch (vector.kind) {
      case 'age':
        expect(formatAge(vector.given.seconds * 1000)).toBe(vector.expect.text);
        break;
      case 'rolloutStatus':
        if ('error' in vector.expect) expect(() => rolloutStatus(vector.given)).toThrow();
        else expect(rolloutStatus(vector.given)).toEqual(vector.expect);
        break;
      default:
        expect(shownCells(vector)).toEqual(vector.expect.cells);
    }
  });
});
