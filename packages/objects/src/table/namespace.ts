import type { NamespaceStatus } from '../kinds/api-types.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

/** `kubectl get namespaces`. Rule: pkg/printers/internalversion, printNamespace. */
export const namespaceTable: TableDefinition = {
  columns: [NAME, column('Status', 'Active, or Terminating while its objects are being deleted.'), AGE],
  row(object, now) {
    const status = object.status as NamespaceStatus | undefined;
    return { cells: [object.metadata.name, status?.phase ?? '', ageOf(object, now)] };
  },
};
