import type { Change } from '../history.js';
import type { ChangeType, WatchScope } from './watch-record.js';

export interface ExpectedEvent {
  type: ChangeType;
  key: string;
  revision: number;
  /** When its transaction began, and when it was committed at the latest. */
  at: number;
  seen: number;
  value: string | undefined;
}

/** What a watch of a scope shall show, in order: the journal's changes as its selector turns them. */
export function expectedEvents(changes: readonly Change[], scope: WatchScope): ExpectedEvent[] {
  const matching = new Set<string>();
  const events: ExpectedEvent[] = [];
  for (const change of changes) {
    if (!isInScope(change, scope)) continue;
    const { key, revision, at, seen, facts } = change;
    const before = matching.has(key);
    const after = change.type !== 'DELETED' && matches(change, scope);
    if (after) matching.add(key);
    else matching.delete(key);
    const type = shownType(change, before, after);
    if (type) events.push({ type, key, revision, at, seen, value: facts.value });
  }
  return events;
}

/** `key revision` of every object of a scope at a revision, sorted. */
export function expectedList(changes: readonly Change[], scope: WatchScope, revision: number): string[] {
  const present = new Map<string, number>();
  for (const change of changes) {
    if (change.revision > revision) break;
    if (!isInScope(change, scope)) continue;
    if (change.type === 'DELETED' || !matches(change, scope)) present.delete(change.key);
    else present.set(change.key, change.revision);
  }
  return [...present].map(([key, at]) => `${key} ${at}`).sort();
}

function isInScope({ resource, key }: Change, scope: WatchScope): boolean {
  return resource === scope.resource && (scope.namespace === '' || key.startsWith(`${scope.namespace}/`));
}

function matches({ facts }: Change, { labelSelector }: WatchScope): boolean {
  if (labelSelector === undefined) return true;
  const [key = '', value = ''] = labelSelector.split('=');
  return facts.labels?.[key] === value;
}

/** Source: apiserver storage/cacher, `convertToWatchEvent`: an object that begins to match is ADDED. */
function shownType({ type }: Change, before: boolean, after: boolean): ChangeType | undefined {
  if (before && after) return type === 'ADDED' ? 'ADDED' : 'MODIFIED';
  if (after) return 'ADDED';
  return before ? 'DELETED' : undefined;
}
