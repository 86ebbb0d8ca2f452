/** The storage name of ValidatingAdmissionPolicies. */
export const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
