import type { Lease } from '../kinds/api-types.js';
import { leaseTable } from '../table/index.js';
import { validateLease } from '../validation/coordination.js';
import { defineResource } from './define-resource.js';

export const leases = defineResource({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  createsOnUpdate: true,
  updatesUnconditionally: false,
  schema: 'io.k8s.api.coordination.v1.Lease',
  validate: (object) => validateLease(object as unknown as Lease),
  table: leaseTable,
});
