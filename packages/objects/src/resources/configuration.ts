import { setSecretDefaults } from '../defaults/index.js';
import type { ConfigMap, Secret, ServiceAccount } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { configMapTable, secretTable, serviceAccountTable } from '../table/index.js';
import {
  validateConfigMap,
  validateFrozen,
  validateSecret,
  validateSecretUpdate,
} from '../validation/configuration.js';
import { keyPairWarnings } from '../warnings/key-pair-warnings.js';
import { serviceAccountWarnings } from '../warnings/object-warnings.js';
import { defineResource } from './define-resource.js';

export const configMaps = defineResource<Stored<ConfigMap>>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ConfigMap',
  shortNames: ['cm'],
  validate: (object) => validateConfigMap(object),
  ownMetadata: 'whole',
  validateUpdate: (object, current) => validateFrozen(object, current),
  table: configMapTable,
});

export const secrets = defineResource<Stored<Secret>>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Secret',
  fields: { type: (object) => object.type ?? '' },
  setDefaults: (object) => setSecretDefaults(object),
  validate: (object) => validateSecret(object),
  ownMetadata: 'whole',
  validateUpdate: (object, current) => validateSecretUpdate(object, current),
  warnings: (object) => keyPairWarnings(object),
  table: secretTable,
});

export const serviceAccounts = defineResource<Stored<ServiceAccount>>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
  returnsDeleted: true,
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  shortNames: ['sa'],
  subresources: [
    {
      name: 'token',
      kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      verbs: ['create'],
      action: 'request-token',
    },
  ],
  /** References to secrets are names. Source: pkg/registry/core/serviceaccount, cleanSecretReferences. */
  setDefaults: (object) => {
    if (object.secrets) object.secrets = object.secrets.map(({ name }) => (name === undefined ? {} : { name }));
  },
  ownMetadata: 'whole',
  warnings: (object, before) => serviceAccountWarnings(object, before),
  table: serviceAccountTable,
});
