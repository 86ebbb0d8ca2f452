/** The columns of the table `objects` that make an ObjectRecord. */
export const OBJECT_COLUMNS = [
  'resource',
  'namespace',
  'name',
  'uid',
  'revision',
  'metadata',
  'desired',
  'observed',
  'placement',
] as const;
