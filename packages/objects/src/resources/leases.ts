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
  // Coordinated leader election is off, as upstream by default, and so are its fields unless a lease had them before.
  prepareNew: ({ spec }) => {
    delete spec?.strategy;
    delete spec?.preferredHolder;
  },
  carryOver: ({ spec }, { spec: before }) => {
    if (before?.strategy === undefined) delete spec?.strategy;
    if (before?.preferredHolder === undefined) delete spec?.preferredHolder;
  },
  validate: (object) => validateLease(object),
  table: leaseTable,
});
