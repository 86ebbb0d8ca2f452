import type { ServiceAccount } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

/** `kubectl get serviceaccounts`. Rule: pkg/printers/internalversion, printServiceAccount. */
export const serviceAccountTable: TableDefinition<Stored<ServiceAccount>> = {
  columns: [NAME, column('Secrets', 'Number of secrets that pods of the account may mount.'), AGE],
  row(object, now) {
    const secrets = object.secrets?.length ?? 0;
    return { cells: [object.metadata.name, secrets, ageOf(object, now)] };
  },
};
