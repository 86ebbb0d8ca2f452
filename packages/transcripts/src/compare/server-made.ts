const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const AGE = /^(<unknown>|<invalid>|(\d+(y|d|h|m|s|ms))+)$/;
const VERSION = /^\d+$/;
const HASHED_LABELS = new Set(['controller-revision-hash', 'pod-template-hash', 'controller-uid']);

/** The kinds of values that a server makes. */
type ServerMade = 'uid' | 'time' | 'version' | 'token' | 'hash' | 'etag';

/** The kind of value at a path of keys; undefined where the client, or the request, decides the value. */
export function serverMadeAt(path: readonly string[], value: unknown): ServerMade | undefined {
  if (typeof value !== 'string') return undefined;
  const last = path.at(-1) ?? '';
  if (TIME.test(value)) return 'time';
  if (UUID.test(value)) return 'uid';
  if (last === 'resourceVersion') return VERSION.test(value) ? 'version' : undefined;
  if (last === 'continue') return 'token';
  if (last === 'etag') return 'etag';
  if (HASHED_LABELS.has(last)) return 'hash';
  return undefined;
}

export const isTime = (value: unknown): value is string => typeof value === 'string' && TIME.test(value);

export const isAge = (value: unknown): value is string => typeof value === 'string' && AGE.test(value);
