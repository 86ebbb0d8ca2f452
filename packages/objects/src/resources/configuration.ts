import { setSecretDefaults } from '../defaults/index.js';
import type { ConfigMap, Secret } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import { configMapTable, secretTable, serviceAccountTable } from '../table/index.js';
import {
  validateConfigMap,
  validateFrozen,
  validateSecret,
  validateSecretUpdate,
} from '../validation/configuration.js';
import { defineResource } from './define-resource.js';

const secretOf = (object: KubeObject): Secret => object as unknown as Secret;

export const configMaps = defineResource({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ConfigMap',
  shortNames: ['cm'],
  validate: (object) => validateConfigMap(object as unknown as ConfigMap),
  validateUpdate: (object, current) => validateFrozen(object as never, current as never),
  table: configMapTable,
});

export const secrets = defineResource({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Secret',
  fields: { type: (object) => secretOf(object).type ?? '' },
  setDefaults: (object) => setSecretDefaults(secretOf(object)),
  validate: (object) => validateSecret(secretOf(object)),
  validateUpdate: (object, current) => validateSecretUpdate(secretOf(object), secretOf(current)),
  table: secretTable,
});

export const serviceAccounts = defineResource({
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
    },
  ],
  table: serviceAccountTable,
});
