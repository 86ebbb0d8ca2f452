import type { LogWanted } from '@everynode/contract';
import { ApiError, type FieldError, invalid } from '@everynode/objects';
import type { Query } from '../http/query.js';

const STREAMS = ['All', 'Stderr', 'Stdout'];

/**
 * What a client wants of a log, without its container. Source: pkg/apis/core/validation, ValidatePodLogOptions.
 * @param now in ms since 1970. @throws ApiError BadRequest, Invalid.
 */
export function logOptions(query: Query, pod: string, now: number): Omit<LogWanted, 'kind' | 'container'> {
  const tailLines = query.integer('tailLines');
  const limitBytes = query.integer('limitBytes');
  const sinceSeconds = query.integer('sinceSeconds');
  const sinceTime = query.text('sinceTime');
  const stream = query.text('stream') ?? 'All';
  const errors: FieldError[] = [];
  const wrong = (field: string, value: unknown, detail: string) =>
    errors.push({ type: 'FieldValueInvalid', field, value, detail });
  const forbid = (detail: string) => errors.push({ type: 'FieldValueForbidden', field: '', detail });
  if (tailLines !== undefined && tailLines < 0) wrong('tailLines', tailLines, 'must be greater than or equal to 0');
  if (limitBytes !== undefined && limitBytes < 1) wrong('limitBytes', limitBytes, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    forbid('at most one of `sinceTime` or `sinceSeconds` may be specified');
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    wrong('sinceSeconds', sinceSeconds, 'must be greater than 0');
  }
  if (!STREAMS.includes(stream)) {
    const detail = `supported values: ${STREAMS.map((one) => JSON.stringify(one)).join(', ')}`;
    errors.push({ type: 'FieldValueNotSupported', field: 'stream', value: stream, detail });
  }
  if (stream !== 'All' && tailLines !== undefined) {
    forbid('`tailLines` and specific `stream` are mutually exclusive for now');
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions', name: pod }, errors);
  const since = sinceTime === undefined ? undefined : readTime(sinceTime);
  return {
    follow: query.flag('follow'),
    previous: query.flag('previous'),
    timestamps: query.flag('timestamps'),
    stream: stream as LogWanted['stream'],
    ...(tailLines !== undefined && { tailLines: Math.min(tailLines, Number.MAX_SAFE_INTEGER) }),
    ...(limitBytes !== undefined && { limitBytes: Math.min(limitBytes, Number.MAX_SAFE_INTEGER) }),
    ...(since !== undefined && { since }),
    ...(sinceSeconds !== undefined && { since: new Date(Math.max(0, now - sinceSeconds * 1000)).toISOString() }),
  };
}

function readTime(text: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))) {
    return text;
  }
  throw new ApiError(
    'BadRequest',
    `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`,
  );
}
