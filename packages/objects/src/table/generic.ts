import type { TableDefinition } from '../resource.js';
import { column, NAME } from './columns.js';

/** For kinds without columns of their own. Rule: apiserver pkg/registry/rest, defaultTableConvertor. */
export const genericTable: TableDefinition = {
  columns: [NAME, column('Created At', 'When the object was created.', 'date')],
  row({ metadata }) {
    return { cells: [metadata.name, metadata.creationTimestamp] };
  },
};
