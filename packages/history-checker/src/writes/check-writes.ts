import type { Change, HistoryEntry, Operation, Violation } from '../history.js';
import { checkDeletions } from './check-deletions.js';

/** Invariant 1, by the journal: what clients were told about their writes is what became of them. */
export function checkWrites(history: readonly HistoryEntry[]): Violation[] {
  const operations = history.flatMap((entry) => (entry.entry === 'operation' ? [entry] : []));
  const written = writtenValues(history);
  const deletions = checkDeletions(history);
  const acknowledged = acknowledgedByKey([...operations, ...deletions.acknowledged]);
  return [
    ...deletions.violations,
    ...operations.flatMap((operation) => faultsOf(operation, written, acknowledged.get(operation.key) ?? [])),
  ];
}

/**
 * The changes that brought each value, by key and value. A list's value is its newest item; an item that is appended
 * again brings it again.
 */
function writtenValues(history: readonly HistoryEntry[]): Map<string, Change[]> {
  const written = new Map<string, Change[]>();
  const before = new Map<string, string>();
  for (const entry of history) {
    if (entry.entry !== 'change' || entry.facts.value === undefined) continue;
    const name = `${entry.resource} ${entry.key}`;
    if (entry.type === 'DELETED') {
      before.delete(name);
      continue;
    }
    if (before.get(name) === entry.facts.value) continue;
    before.set(name, entry.facts.value);
    const item = `${name} ${entry.facts.value.split(',').at(-1)}`;
    written.set(item, [...(written.get(item) ?? []), entry]);
  }
  return written;
}

function acknowledgedByKey(operations: readonly Operation[]): Map<string, Operation[]> {
  const byKey = new Map<string, Operation[]>();
  for (const operation of operations) {
    if (operation.outcome !== 'ok' || operation.revision === undefined || operation.action.do === 'read') continue;
    byKey.set(operation.key, [...(byKey.get(operation.key) ?? []), operation]);
  }
  return byKey;
}

function faultsOf(operation: Operation, written: Map<string, Change[]>, acknowledged: Operation[]): Violation[] {
  const { action, outcome, key, id, client, ended, revision } = operation;
  if (!('value' in action)) return [];
  const found = written.get(`${key} ${action.value.split(',').at(-1)}`) ?? [];
  const violation = (check: string, what: string): Violation => ({
    check,
    message: `operation ${id} of ${client} (${action.do} ${key}): ${what}`,
    at: ended,
  });
  const [first, second] = found;
  if (second) return [violation('write-doubled', `done twice, at ${first?.revision} and ${second.revision}`)];
  if (outcome === 'ok') {
    if (!first) return [violation('write-lost', `acknowledged with revision ${revision}, and the journal has it not`)];
    if (first.revision !== revision) {
      return [
        violation('write-lost', `acknowledged with revision ${revision}, and the journal has it at ${first.revision}`),
      ];
    }
    if (action.do === 'put' && action.expects !== undefined && first.previous !== action.expects) {
      return [violation('write-undone', `it expected ${action.expects}, and replaced ${first.previous}`)];
    }
    return [];
  }
  if (!first) return [];
  if (outcome !== 'unknown') {
    return [
      violation(
        'write-denied',
        `answered "${outcome}" (${operation.status ?? operation.error}), and done at ${first.revision}`,
      ),
    ];
  }
  const newer = acknowledged.find((one) => one.began > ended && (one.revision ?? 0) < first.revision);
  if (!newer) return [];
  const since = Math.round(first.at - ended);
  return [
    violation(
      'write-late',
      `done at ${first.revision}, ${since} ms after its client gave up, over operation ${newer.id} at ${newer.revision}`,
    ),
  ];
}
