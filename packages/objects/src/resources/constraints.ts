import { setLimitRangeDefaults } from '../defaults/limit-range.js';
import type { LimitRange, ResourceQuota } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import { genericTable, resourceQuotaTable } from '../table/index.js';
import { validateLimitRange } from '../validation/limit-range.js';
import {
  validateResourceQuota,
  validateResourceQuotaStatus,
  validateResourceQuotaUpdate,
} from '../validation/resource-quota.js';
import { defineResource, statusSubresource } from './define-resource.js';

/** Quotas and limits of namespaces are kept as they are written. Nothing enforces them, and nothing counts what is used. */
const limitRangeOf = (object: KubeObject): LimitRange => object as unknown as LimitRange;
const quotaOf = (object: KubeObject): ResourceQuota => object as unknown as ResourceQuota;

export const limitRanges = defineResource({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.LimitRange',
  shortNames: ['limits'],
  createsOnUpdate: true,
  setDefaults: (object) => setLimitRangeDefaults(limitRangeOf(object)),
  validate: (object) => validateLimitRange(limitRangeOf(object)),
  table: genericTable,
});

export const resourceQuotas = defineResource({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  shortNames: ['quota'],
  subresources: [statusSubresource],
  firstStatus: () => ({}),
  validate: (object) => validateResourceQuota(quotaOf(object)),
  validateUpdate: (object, current) => validateResourceQuotaUpdate(quotaOf(object), quotaOf(current)),
  validateStatus: (object) => validateResourceQuotaStatus(quotaOf(object).status),
  table: resourceQuotaTable,
});
