import type { ServiceAccount } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, NAME } from './columns.js';

/** `kubectl get serviceaccounts`. Rule: pkg/printers/internalversion, printServiceAccount: no secrets since 1.36. */
export const serviceAccountTable: TableDefinition<Stored<ServiceAccount>> = {
  columns: [NAME, AGE],
  row: (object, now) => ({ cells: [object.metadata.name, ageOf(object, now)] }),
};
