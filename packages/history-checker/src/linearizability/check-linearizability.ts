import type { HistoryEntry, Operation, Violation } from '../history.js';
import { linearize } from './linearize.js';

/**
 * Each object is linearizable: reads, writes with and without preconditions, deletions and refusals of all clients have
 * one order that agrees with time. The journal only makes the search short: it settles whether a write without an
 * answer was done, and when.
 */
export function checkLinearizability(history: readonly HistoryEntry[]): Violation[] {
  const revisions = revisionsOfValues(history);
  const byKey = new Map<string, Operation[]>();
  for (const entry of history) {
    if (entry.entry !== 'operation') continue;
    const operation = settled(entry, revisions);
    if (operation) byKey.set(entry.key, [...(byKey.get(entry.key) ?? []), operation]);
  }
  return [...byKey].flatMap(([key, operations]) => {
    const result = linearize(operations);
    if (result === 'linearizable') return [];
    const at = operations.at(-1)?.ended ?? 0;
    return [{ check: 'linearizability', message: `${key}: ${result}\n${explain(operations)}`, at }];
  });
}

function revisionsOfValues(history: readonly HistoryEntry[]): Map<string, number> {
  const revisions = new Map<string, number>();
  for (const entry of history) {
    if (entry.entry !== 'change' || entry.facts.value === undefined || entry.type === 'DELETED') continue;
    const item = `${entry.resource} ${entry.key} ${entry.facts.value.split(',').at(-1)}`;
    if (!revisions.has(item)) revisions.set(item, entry.revision);
  }
  return revisions;
}

/** Undefined for a write without an answer that the journal has not, and for what is no operation on a register. */
function settled(operation: Operation, revisions: Map<string, number>): Operation | undefined {
  const { action, outcome, key } = operation;
  // The object is written by others, too, whose writes are not in the history.
  if (action.do === 'edit') return undefined;
  if (outcome !== 'unknown' || action.do === 'delete') return operation;
  // A read without an answer says nothing.
  if (action.do === 'read') return undefined;
  const revision = revisions.get(`${key} ${action.value.split(',').at(-1)}`);
  return revision === undefined ? undefined : { ...operation, revision };
}

/** The shortest beginning of the history that has no order, at its end: there is the operation that does not fit. */
function explain(operations: readonly Operation[]): string {
  const byEnd = [...operations].sort((one, other) => one.ended - other.ended);
  let bad = byEnd.length;
  for (let count = 1; count <= byEnd.length; count += 1) {
    if (linearize(before(operations, byEnd[count - 1]?.ended ?? 0)) !== 'not linearizable') continue;
    bad = count;
    break;
  }
  return byEnd
    .slice(Math.max(0, bad - 6), bad)
    .map(line)
    .join('\n');
}

/** The history as it was at a time: what had not ended by then has no answer yet. */
function before(operations: readonly Operation[], time: number): Operation[] {
  return operations.flatMap((operation) => {
    if (operation.began > time) return [];
    if (operation.ended <= time || operation.outcome === 'unknown') return [operation];
    const { action, outcome } = operation;
    if (outcome === 'refused' || action.do === 'read') return [];
    return [{ ...operation, outcome: 'unknown' as const }];
  });
}

function line({ id, client, action, began, ended, outcome, revision, value }: Operation): string {
  const expects = 'expects' in action && action.expects !== undefined ? ` expects ${action.expects}` : '';
  const wrote = 'value' in action ? ` ${action.value}` : '';
  const time = `${new Date(began).toISOString().slice(17, 23)}-${new Date(ended).toISOString().slice(17, 23)}`;
  return `      ${time} ${id} ${client} ${action.do}${wrote}${expects}: ${outcome} ${value ?? ''} @${revision ?? '?'}`;
}
