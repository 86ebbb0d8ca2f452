import type { Lease } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME, of } from './columns.js';

/** `kubectl get leases`. Rule: pkg/printers/internalversion, printLease. */
export const leaseTable: TableDefinition<Stored<Lease>> = {
  columns: [NAME, column('Holder', of('coordination.v1.LeaseSpec', 'holderIdentity')), AGE],
  row(object, now) {
    return { cells: [object.metadata.name, object.spec?.holderIdentity ?? '', ageOf(object, now)] };
  },
};
