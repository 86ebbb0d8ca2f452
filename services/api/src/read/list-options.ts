import { ApiError, type FieldError, invalid } from '@everynode/objects';
import type { Query } from '../http/query.js';

type RevisionMatch = 'Exact' | 'NotOlderThan';

/** The checked parameters of a list or a watch. Selectors are read elsewhere: see selection.ts. */
export interface ListOptions {
  /** 0 for no limit; below 0 counts as none. */
  limit: number;
  /** The token of the next page; empty for the first. */
  token: string;
  /** As the client sent it; empty for unset. */
  resourceVersion: string;
  match: RevisionMatch | undefined;
  /** For watches: send the existing objects as ADDED first. */
  sendInitialEvents: boolean | undefined;
  allowBookmarks: boolean;
  timeoutSeconds: number;
}

const MATCH = 'resourceVersionMatch';
const forbidden = (field: string, detail: string): FieldError => ({ type: 'FieldValueForbidden', field, detail });
const unsupported = (value: string, known: string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field: MATCH,
  value,
  detail: `supported values: ${known.map((one) => JSON.stringify(one)).join(', ')}`,
});

/**
 * Reads the parameters of a list or a watch. A watch without a revision begins with the existing objects, as if it had
 * asked for them. Source: apimachinery meta/internalversion, ValidateListOptions and SetListOptionsDefaults.
 * @throws ApiError BadRequest for parameters that cannot be read, Invalid for parameters that exclude each other.
 */
export function listOptions(query: Query, watch: boolean): ListOptions {
  const resourceVersion = query.text('resourceVersion') ?? '';
  const token = query.text('continue') ?? '';
  let match = query.text(MATCH);
  let sendInitialEvents = query.optionalFlag('sendInitialEvents');
  if (watch && sendInitialEvents === undefined && match === undefined && ['', '0'].includes(resourceVersion)) {
    sendInitialEvents = true;
    match = 'NotOlderThan';
  }
  const errors = watch
    ? watchErrors(match, sendInitialEvents, token)
    : listErrors(match, sendInitialEvents, token, resourceVersion);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions', name: '' }, errors);
  return {
    limit: Math.max(0, query.integer('limit') ?? 0),
    token,
    resourceVersion,
    match: match as RevisionMatch | undefined,
    sendInitialEvents,
    allowBookmarks: query.flag('allowWatchBookmarks'),
    timeoutSeconds: Math.max(0, query.integer('timeoutSeconds') ?? 0),
  };
}

function listErrors(
  match: string | undefined,
  sendInitialEvents: boolean | undefined,
  token: string,
  resourceVersion: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== undefined) {
    if (resourceVersion === '') {
      errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    }
    if (token !== '') errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(unsupported(match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0') {
      errors.push(forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (sendInitialEvents !== undefined) {
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}

function watchErrors(match: string | undefined, sendInitialEvents: boolean | undefined, token: string): FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (match === undefined) return errors;
  if (sendInitialEvents === undefined) {
    errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  }
  if (match !== 'NotOlderThan') errors.push(unsupported(match, ['NotOlderThan']));
  if (token !== '') errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
  return errors;
}

/** The error of a resourceVersion that is no number; undefined for a number, and for none. */
export function revisionError(resourceVersion: string): FieldError | undefined {
  if (resourceVersion === '' || (/^\d+$/.test(resourceVersion) && Number.isSafeInteger(Number(resourceVersion)))) {
    return undefined;
  }
  const why = /^\d+$/.test(resourceVersion) ? 'value out of range' : 'invalid syntax';
  const detail = `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: ${why}`;
  return { type: 'FieldValueInvalid', field: 'resourceVersion', value: resourceVersion, detail };
}

/** The requested revision; undefined for unset, which means the most recent one. @throws ApiError BadRequest. */
export function revisionOf(resourceVersion: string): number | undefined {
  const error = revisionError(resourceVersion);
  if (error)
    throw new ApiError(
      'BadRequest',
      `invalid resource version: ${error.field}: Invalid value: ${JSON.stringify(resourceVersion)}: ${error.detail}`,
    );
  return resourceVersion === '' ? undefined : Number(resourceVersion);
}
