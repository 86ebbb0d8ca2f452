import type { RuntimeClass } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

/** `kubectl get runtimeclasses`. Rule: pkg/printers/internalversion, printRuntimeClass. */
export const runtimeClassTable: TableDefinition<Stored<RuntimeClass>> = {
  columns: [NAME, column('Handler', 'What runs the containers of pods of the class.'), AGE],
  row: (object, now) => ({ cells: [object.metadata.name, object.handler, ageOf(object, now)] }),
};
