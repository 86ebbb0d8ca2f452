import type { LeaseSpec } from '../kinds/api-types.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

/** `kubectl get leases`. Rule: pkg/printers/internalversion, printLease. */
export const leaseTable: TableDefinition = {
  columns: [NAME, column('Holder', 'Who holds the lease now.'), AGE],
  row(object, now) {
    const spec = object.spec as LeaseSpec | undefined;
    return { cells: [object.metadata.name, spec?.holderIdentity ?? '', ageOf(object, now)] };
  },
};
