import type { Change, HistoryEntry, Operation, Violation } from '../history.js';

/** What the journal says of the deletions that clients asked for. */
export interface CheckedDeletions {
  violations: Violation[];
  /** Acknowledged deletions, each with the latest revision at which it may have been done. */
  acknowledged: Operation[];
}

type Deletion = Operation & { action: { do: 'delete'; expects?: number } };

/** The revisions between which a deletion was done, both exclusive, by what others had seen before and wrote after. */
interface Window {
  operation: Deletion;
  after: number;
  before: number;
}

/**
 * The answer to a deletion names no revision, so the journal's deletions of each object are matched with the operations
 * that may have made them: each acknowledged one with one change, and each change with one operation.
 */
export function checkDeletions(history: readonly HistoryEntry[]): CheckedDeletions {
  const operations: Operation[] = history.flatMap((entry) => (entry.entry === 'operation' ? [entry] : []));
  const changes = grouped(
    history.flatMap((entry) => (entry.entry === 'change' && entry.type === 'DELETED' ? [entry] : [])),
    ({ resource, key }) => `${resource} ${key}`,
  );
  const result: CheckedDeletions = { violations: [], acknowledged: [] };
  const byKey = grouped(operations.filter(isDeletion), ({ key }) => key);
  for (const [key, deletions] of byKey) {
    const windows = deletions.map((operation) => windowOf(operation, operations));
    checkObject(
      windows,
      changes.get(key) ?? [],
      operations.filter((one) => one.key === key),
      result,
    );
  }
  return result;
}

function grouped<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group) group.push(item);
    else groups.set(nameOf(item), [item]);
  }
  return groups;
}

const isDeletion = (operation: Operation): operation is Deletion => operation.action.do === 'delete';

/** Revisions grow with time for all objects together. */
function windowOf(operation: Deletion, operations: readonly Operation[]): Window {
  let after = 0;
  let before = Number.POSITIVE_INFINITY;
  for (const { outcome, revision, began, ended, action } of operations) {
    if (outcome !== 'ok' || revision === undefined) continue;
    if (ended < operation.began) after = Math.max(after, revision);
    if (began > operation.ended && action.do !== 'read') before = Math.min(before, revision);
  }
  return { operation, after, before };
}

function mayHaveMade({ operation, after }: Window, { revision, previous }: Change): boolean {
  const { expects } = operation.action;
  return revision > after && (expects === undefined || expects === previous);
}

function checkObject(
  windows: readonly Window[],
  changes: readonly Change[],
  ofObject: readonly Operation[],
  { violations, acknowledged }: CheckedDeletions,
): void {
  const violate = (check: string, { id, client, key, ended }: Operation, what: string) =>
    violations.push({ check, message: `operation ${id} of ${client} (delete ${key}): ${what}`, at: ended });
  const open = new Set(changes);
  for (const window of byDeadline(windows.filter(({ operation }) => operation.outcome === 'ok'))) {
    const possible = changes.filter((change) => mayHaveMade(window, change) && change.revision < window.before);
    const made = possible.find((change) => open.has(change));
    const { operation } = window;
    if (made) open.delete(made);
    else violate('write-lost', operation, 'acknowledged, and the journal has no deletion at its time');
    const latest = possible.at(-1);
    if (latest) acknowledged.push({ ...operation, revision: latest.revision });
  }
  const rest = windows.filter(({ operation }) => operation.outcome !== 'ok');
  for (const change of open) {
    const possible = rest.filter((window) => mayHaveMade(window, change));
    const unknown = possible.filter(({ operation }) => operation.outcome === 'unknown');
    if (unknown.some(({ operation }) => newerThan(operation, change, ofObject) === undefined)) continue;
    const [late] = unknown;
    const [denied] = possible;
    if (late) {
      const newer = newerThan(late.operation, change, ofObject);
      const what = `after its client gave up, over operation ${newer?.id} at ${newer?.revision}`;
      violate('write-late', late.operation, `done at ${change.revision}, ${what}`);
    } else if (denied) {
      const { outcome, status, error } = denied.operation;
      violate(
        'write-denied',
        denied.operation,
        `answered "${outcome}" (${status ?? error}), and done at ${change.revision}`,
      );
    } else {
      const message = `revision ${change.revision} deletes ${change.resource} ${change.key}, which no client asked for`;
      violations.push({ check: 'write-unasked', message, at: change.at });
    }
  }
}

/** Those with the fewest choices first: a precondition leaves one, and then the earliest end. */
function byDeadline(windows: readonly Window[]): Window[] {
  const isFree = ({ operation }: Window) => (operation.action.expects === undefined ? 1 : 0);
  return [...windows].sort((one, other) => isFree(one) - isFree(other) || one.before - other.before);
}

/** An acknowledged write that began after a deletion was given up, and that the deletion has undone. */
function newerThan({ ended }: Operation, { revision }: Change, ofObject: readonly Operation[]): Operation | undefined {
  return ofObject.find(
    (one) =>
      one.outcome === 'ok' && one.action.do !== 'read' && one.began > ended && (one.revision ?? revision) < revision,
  );
}
