import type { Verb } from '../resource.js';
import { genericTable } from '../table/index.js';
import { defineResource } from './define-resource.js';

/**
 * Quotas and limits of namespaces. Nothing enforces them here, so none can be made: clients that ask for them (`kubectl
 * describe namespace`) are told that there are none.
 */
const READ_ONLY: Verb[] = ['get', 'list', 'watch'];

export const limitRanges = defineResource({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.LimitRange',
  shortNames: ['limits'],
  verbs: READ_ONLY,
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
  verbs: READ_ONLY,
  table: genericTable,
});
