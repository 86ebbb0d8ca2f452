import type { Service } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { Verb } from '../resource.js';
import { serviceTable } from '../table/index.js';
import { defineResource } from './define-resource.js';

/**
 * Nothing carries traffic here, so services cannot be created. The service that every cluster has, `kubernetes` in
 * `default`, can be read: clients learn from it how the API server is reached from inside, and the family of its
 * addresses.
 */
const READ_ONLY: Verb[] = ['get', 'list', 'watch'];

export const services = defineResource<Stored<Service>>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Service',
  shortNames: ['svc'],
  categories: ['all'],
  verbs: READ_ONLY,
  fields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  table: serviceTable,
});
