import type { Lease } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { leaseTable } from '../table/index.js';
import { validateLease } from '../validation/coordination.js';
import { defineResource } from './define-resource.js';

export const leases = defineResource<Stored<Lease>>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  createsOnUpdate: true,
  updatesUnconditionally: false,
  schema: 'io.k8s.api.coordination.v1.Lease',
  validate: (object) => validateLease(object),
  table: leaseTable,
});
