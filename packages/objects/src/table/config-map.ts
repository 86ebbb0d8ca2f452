import type { ConfigMap, Secret } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME, of } from './columns.js';

const size = (entries: object | undefined): number => Object.keys(entries ?? {}).length;

/** `kubectl get configmaps`. Rule: pkg/printers/internalversion, printConfigMap. */
export const configMapTable: TableDefinition<Stored<ConfigMap>> = {
  columns: [NAME, column('Data', of('core.v1.ConfigMap', 'data')), AGE],
  row(object, now) {
    return { cells: [object.metadata.name, size(object.data) + size(object.binaryData), ageOf(object, now)] };
  },
};

/** `kubectl get secrets`. Rule: pkg/printers/internalversion, printSecret. */
export const secretTable: TableDefinition<Stored<Secret>> = {
  columns: [NAME, column('Type', of('core.v1.Secret', 'type')), column('Data', of('core.v1.Secret', 'data')), AGE],
  row(object, now) {
    return { cells: [object.metadata.name, object.type ?? '', size(object.data), ageOf(object, now)] };
  },
};
