import type { ObjectRecord, ResourceName } from '@everynode/objects';

/**
 * The body of `objects-changed`: newline-delimited JSON, four lines a change.
 *
 *   {"type":"MODIFIED","resource":"pods","namespace":"kube-system","name":"x","uid":"…","revision":7,"previous":5,…}
 *   metadata (JSON, or an empty line when this change left it as it was)
 *   desired  (the same)
 *   observed (the same; `null` when the object has none)
 *
 * JSON text holds no raw newline, so a reader splits lines and has each part as text: a watch cache answers clients
 * from that text and never parses it. A part that did not change is not sent, and neither are the unchanged parts of a
 * deleted object. A reader that has the object at `previous` fills them in. A reader that does not have it has
 * missed a change, and reads the journal.
 */
type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

const NEWLINE = 10;

/** One entry of the journal, with the whole object after the change. */
export interface JournalEntry extends ObjectRecord {
  type: ChangeType;
  /** The revision that the object had before; 0 for ADDED. */
  previous: number;
  /** Which parts this change wrote. */
  changed: { metadata: boolean; desired: boolean; observed: boolean };
  /** The object is being deleted gracefully (`deletionTimestamp` is set). */
  deleting: boolean;
}

/** A change as the bus brings it: an undefined part is as it was at `previous`. */
export interface JournalChange {
  type: ChangeType;
  resource: ResourceName;
  namespace: string;
  name: string;
  uid: string;
  revision: number;
  previous: number;
  placement: string | null;
  metadata: string | undefined;
  desired: string | undefined;
  observed: string | null | undefined;
}

export function encodeChange(entry: JournalEntry): string {
  const { type, resource, namespace, name, uid, revision, previous, placement } = entry;
  const head = JSON.stringify({ type, resource, namespace, name, uid, revision, previous, placement });
  const { metadata = '', desired = '', observed } = partsOf(entry);
  return `${head}\n${metadata}\n${desired}\n${observed === undefined ? '' : (observed ?? 'null')}\n`;
}

/** The parts that a change carries: a deletion carries only what it changed, because its readers have the rest. */
function partsOf({
  type,
  changed,
  metadata,
  desired,
  observed,
}: JournalEntry): Pick<JournalChange, 'metadata' | 'desired' | 'observed'> {
  const whole = type === 'ADDED';
  return {
    metadata: whole || changed.metadata ? metadata : undefined,
    desired: whole || changed.desired ? desired : undefined,
    observed: whole || changed.observed ? observed : undefined,
  };
}

/**
 * Reads a body back. Each part is decoded from the bytes by itself: a slice of the text of all would keep all of it in
 * memory as long as one part is cached, at two bytes a character if there is one in it that is not Latin-1.
 *
 * @throws Error when the body is cut short, or a head line is not JSON of a change.
 */
export function decodeChanges(bytes: Uint8Array): JournalChange[] {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const changes: JournalChange[] = [];
  let at = 0;
  const line = (): string => {
    const end = body.indexOf(NEWLINE, at);
    if (end < 0) throw new Error('objects-changed: body is cut short');
    const text = end === at ? '' : body.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  while (at < body.length) {
    // Field by field: a spread costs more than all the rest here, and this runs for every change in every replica.
    const change: unknown = JSON.parse(line());
    if (!isHead(change)) throw new Error('objects-changed: a head line is no change');
    change.metadata = line() || undefined;
    change.desired = line() || undefined;
    const observed = line();
    change.observed = observed === '' ? undefined : observed === 'null' ? null : observed;
    changes.push(change);
  }
  return changes;
}

/** What orders changes and names their objects has its type; whatever else is wrong is wrong with one object. */
function isHead(value: unknown): value is JournalChange {
  if (typeof value !== 'object' || value === null) return false;
  const { type, resource, namespace, name, revision, previous } = value as Partial<
    Record<keyof JournalChange, unknown>
  >;
  return (
    (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') &&
    typeof resource === 'string' &&
    typeof namespace === 'string' &&
    typeof name === 'string' &&
    Number.isSafeInteger(revision) &&
    Number.isSafeInteger(previous)
  );
}

/** An entry as the bus brings it: with the parts that the change has written, and no others. */
export function writtenBy(entry: JournalEntry): JournalChange {
  return { ...changeOf(entry), ...partsOf(entry) };
}

/** An entry as a change that carries every part: what a reader gets from Postgres in place of the bus. */
export function changeOf(entry: JournalEntry): JournalChange {
  const { type, resource, namespace, name, uid, revision, previous, placement, metadata, desired, observed } = entry;
  return { type, resource, namespace, name, uid, revision, previous, placement, metadata, desired, observed };
}
