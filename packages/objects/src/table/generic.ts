import type { TableDefinition } from '../resource.js';
import { CREATED_AT, NAME } from './columns.js';

/** For kinds without columns of their own. Rule: apiserver pkg/registry/rest, defaultTableConvertor. */
export const genericTable: TableDefinition = {
  columns: [NAME, CREATED_AT],
  noneIsNull: true,
  row({ metadata }) {
    return { cells: [metadata.name, metadata.creationTimestamp] };
  },
};
