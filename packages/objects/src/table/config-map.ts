import type { ConfigMap, Secret } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

const size = (entries: object | undefined): number => Object.keys(entries ?? {}).length;

/** `kubectl get configmaps`. Rule: pkg/printers/internalversion, printConfigMap. */
export const configMapTable: TableDefinition<Stored<ConfigMap>> = {
  columns: [NAME, column('Data', 'Number of entries, text and binary.'), AGE],
  row(object, now) {
    return { cells: [object.metadata.name, size(object.data) + size(object.binaryData), ageOf(object, now)] };
  },
};

/** `kubectl get secrets`. Rule: pkg/printers/internalversion, printSecret. */
export const secretTable: TableDefinition<Stored<Secret>> = {
  columns: [NAME, column('Type', 'What kind of secret it is.'), column('Data', 'Number of entries.'), AGE],
  row(object, now) {
    return { cells: [object.metadata.name, object.type ?? '', size(object.data), ageOf(object, now)] };
  },
};
