/** A parameter in the query of a request. */
export interface QueryParameter {
  name: string;
  type: 'string' | 'integer' | 'boolean';
  description: string;
}

const text = (name: string, description: string): QueryParameter => ({ name, type: 'string', description });
const flag = (name: string, description: string): QueryParameter => ({ name, type: 'boolean', description });
const count = (name: string, description: string): QueryParameter => ({ name, type: 'integer', description });

const DRY_RUN = text('dryRun', 'All: do everything but the commit.');

/** kubectl looks for this one on PATCH before it leaves the check of fields to the server. */
const FIELD_VALIDATION = text(
  'fieldValidation',
  'What to do about fields that the type does not have: Strict, Warn (if nothing is said) or Ignore.',
);

const SELECTION: readonly QueryParameter[] = [
  text('continue', 'Where the last page ended.'),
  text('fieldSelector', 'Take only objects with these fields.'),
  text('labelSelector', 'Take only objects with these labels.'),
  count('limit', 'How many objects make a page.'),
  text('resourceVersion', 'How new the answer has to be.'),
  text('resourceVersionMatch', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  flag('sendInitialEvents', 'Begin a watch with what is there.'),
  count('timeoutSeconds', 'After how long to end a list or a watch.'),
];

/** Parameters of a list; with `watch` it is a stream. */
export const LIST_PARAMETERS: readonly QueryParameter[] = [
  flag('allowWatchBookmarks', 'Send marks of progress in a watch.'),
  ...SELECTION,
  flag('watch', 'Stream changes instead of one answer.'),
];

/** Parameters of a create or an update. */
export const WRITE_PARAMETERS: readonly QueryParameter[] = [
  DRY_RUN,
  text('fieldManager', 'Who makes the change.'),
  FIELD_VALIDATION,
];

export const PATCH_PARAMETERS: readonly QueryParameter[] = [
  ...WRITE_PARAMETERS,
  flag('force', 'Take fields over from other managers; for apply patches only.'),
];

export const DELETE_PARAMETERS: readonly QueryParameter[] = [
  DRY_RUN,
  count('gracePeriodSeconds', 'How long the object has to stop; 0 for at once.'),
  flag('orphanDependents', 'The old way to say propagationPolicy.'),
  text('propagationPolicy', 'What becomes of dependents: Background, Foreground or Orphan.'),
];

export const DELETE_COLLECTION_PARAMETERS: readonly QueryParameter[] = [...DELETE_PARAMETERS, ...SELECTION];

/** The parameter of every path. */
export const PRETTY: QueryParameter = text('pretty', 'Taken for the sake of old clients; answers are compact.');

/** Descriptions of the names in a path. */
export const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  name: 'Name of the object.',
  namespace: 'Namespace of the object.',
};
