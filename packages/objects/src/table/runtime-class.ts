import type { RuntimeClass } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

/**
 * `kubectl get runtimeclasses`. Rule: pkg/printers/internalversion, printRuntimeClass, which describes its column by a
 * field that metadata does not have.
 */
export const runtimeClassTable: TableDefinition<Stored<RuntimeClass>> = {
  columns: [NAME, column('Handler', ''), AGE],
  row: (object, now) => ({ cells: [object.metadata.name, object.handler, ageOf(object, now)] }),
};
