import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube-object.js';
import type { TableDefinition } from '../resource.js';
import {
  controllerRevisionTable,
  daemonSetTable,
  eventTable,
  humanDuration,
  namespaceTable,
  nodeTable,
  podTable,
} from './index.js';

interface PrintingCase {
  id: string;
  kind: string;
  given: { object: KubeObject; wide: boolean; now: string; seconds: number };
  expect: { cells: unknown[]; text: string };
}

const TABLES: Record<string, TableDefinition> = {
  podRow: podTable,
  nodeRow: nodeTable,
  daemonSetRow: daemonSetTable,
  controllerRevisionRow: controllerRevisionTable,
  eventRow: eventTable,
  namespaceRow: namespaceTable,
};

const path = new URL('../../../../test/vectors/printing.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: PrintingCase[] };

describe('printing', () => {
  // rolloutStatus is what kubectl computes; the session with a real kubectl covers it.
  const ours = cases.filter((vector) => vector.kind !== 'rolloutStatus');

  it.each(ours.map((vector) => [vector.id, vector] as const))('%s', (_id, { kind, given, expect: expected }) => {
    if (kind === 'age') {
      expect(humanDuration(given.seconds)).toBe(expected.text);
      return;
    }
    const table = TABLES[kind];
    if (!table) throw new Error(`no table for ${kind}`);
    const { cells } = table.row(given.object, Date.parse(given.now));
    expect(cells).toHaveLength(table.columns.length);
    expect(cells.filter((_cell, i) => given.wide || table.columns[i]?.priority === 0)).toEqual(expected.cells);
  });
});
