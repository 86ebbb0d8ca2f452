import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

const size = (entries: unknown): number => Object.keys(entries ?? {}).length;

/** `kubectl get configmaps`. Rule: pkg/printers/internalversion, printConfigMap. */
export const configMapTable: TableDefinition = {
  columns: [NAME, column('Data', 'Number of entries, text and binary.'), AGE],
  row(object, now) {
    return { cells: [object.metadata.name, size(object.data) + size(object.binaryData), ageOf(object, now)] };
  },
};

/** `kubectl get secrets`. Rule: pkg/printers/internalversion, printSecret. */
export const secretTable: TableDefinition = {
  columns: [NAME, column('Type', 'What kind of secret it is.'), column('Data', 'Number of entries.'), AGE],
  row(object, now) {
    const type = typeof object.type === 'string' ? object.type : '';
    return { cells: [object.metadata.name, type, size(object.data), ageOf(object, now)] };
  },
};
