import { setLimitRangeDefaults } from '../defaults/limit-range.js';
import type { LimitRange, ResourceQuota } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { genericTable, resourceQuotaTable } from '../table/index.js';
import { validateLimitRange } from '../validation/limit-range.js';
import {
  validateResourceQuota,
  validateResourceQuotaStatus,
  validateResourceQuotaUpdate,
} from '../validation/resource-quota.js';
import { defineResource, statusSubresource } from './define-resource.js';

/** Admission holds pods to them: packages/pod-admission. */
export const limitRanges = defineResource<Stored<LimitRange>>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.LimitRange',
  shortNames: ['limits'],
  createsOnUpdate: true,
  setDefaults: (object) => setLimitRangeDefaults(object),
  validate: (object) => validateLimitRange(object),
  ownMetadata: 'as new',
  /** Upstream's storage has no empty lists, and the limits are written when there are none. */
  asStored: ({ spec }) => {
    if (spec && !spec.limits?.length) (spec as { limits: unknown }).limits = null;
  },
  table: genericTable,
});

/** The store holds writes to them, and counts the use: packages/store, QuotaLedger. */
export const resourceQuotas = defineResource<Stored<ResourceQuota>>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
  returnsDeleted: true,
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  shortNames: ['quota'],
  subresources: [statusSubresource],
  firstStatus: () => ({}),
  validate: (object) => validateResourceQuota(object),
  validateUpdate: (object, current) => validateResourceQuotaUpdate(object, current),
  validateStatus: (object) => validateResourceQuotaStatus(object.status),
  table: resourceQuotaTable,
});
