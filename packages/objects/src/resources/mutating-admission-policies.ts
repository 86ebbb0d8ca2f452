import { setAdmissionBindingDefaults, setAdmissionPolicyDefaults } from '../defaults/admission-registration.js';
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { admissionBindingTable, mutatingPolicyTable } from '../table/admission-registration.js';
import { validateMutatingBinding, validateMutatingPolicy } from '../validation/mutating-policies.js';
import { defineResource } from './define-resource.js';

const common = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  namespaced: false,
  hasGeneration: true,
  updatesUnconditionally: false,
} as const;

export const mutatingAdmissionPolicies = defineResource<Stored<MutatingAdmissionPolicy>>({
  ...common,
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  setDefaults: (object) => setAdmissionPolicyDefaults(object),
  validate: (object) => validateMutatingPolicy(object),
  table: mutatingPolicyTable,
});

export const mutatingAdmissionPolicyBindings = defineResource<Stored<MutatingAdmissionPolicyBinding>>({
  ...common,
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
  setDefaults: (object) => setAdmissionBindingDefaults(object),
  validate: (object) => validateMutatingBinding(object),
  table: admissionBindingTable,
});
