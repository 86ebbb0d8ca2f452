import { setAdmissionBindingDefaults, setAdmissionPolicyDefaults } from '../defaults/admission-registration.js';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { admissionBindingTable, admissionPolicyTable } from '../table/admission-registration.js';
import { validateAdmissionBinding, validateAdmissionPolicy } from '../validation/admission-policies.js';
import { defineResource, statusSubresource } from './define-resource.js';

const common = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  namespaced: false,
  hasGeneration: true,
  updatesUnconditionally: false,
} as const;

export const validatingAdmissionPolicies = defineResource<Stored<ValidatingAdmissionPolicy>>({
  ...common,
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'],
  subresources: [statusSubresource],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  firstStatus: () => ({}),
  setDefaults: (object) => setAdmissionPolicyDefaults(object),
  validate: (object) => validateAdmissionPolicy(object),
  table: admissionPolicyTable,
});

export const validatingAdmissionPolicyBindings = defineResource<Stored<ValidatingAdmissionPolicyBinding>>({
  ...common,
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  setDefaults: (object) => setAdmissionBindingDefaults(object),
  validate: (object) => validateAdmissionBinding(object),
  table: admissionBindingTable,
});
