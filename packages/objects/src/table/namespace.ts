import type { Namespace } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

/** `kubectl get namespaces`. Rule: pkg/printers/internalversion, printNamespace. */
export const namespaceTable: TableDefinition<Stored<Namespace>> = {
  columns: [NAME, column('Status', 'The status of the namespace'), AGE],
  row(object, now) {
    return { cells: [object.metadata.name, object.status?.phase ?? '', ageOf(object, now)] };
  },
};
