export type { Attributes, ResourceAttributes, User } from './attributes.js';
export { type Authorizer, alwaysAllow, chain, isPrivileged, privilegedGroup } from './authorizer.js';
export { BOOTSTRAP_BINDINGS, BOOTSTRAP_ROLES } from './bootstrap/bootstrap-policy.js';
export type { PolicyBinding, PolicyRole } from './bootstrap/policy-form.js';
export {
  bindingObject,
  type PolicyObject,
  reconciledBinding,
  reconciledRole,
  roleObject,
} from './bootstrap/reconcile-policy.js';
export type { Decision } from './decision.js';
export { forbidden } from './forbidden.js';
export { NodeAuthorizer } from './node/node-authorizer.js';
export { nodeOf } from './node/node-identity.js';
export { NodeReferences } from './node/node-references.js';
export { type PodOnNode, podReferences } from './node/pod-references.js';
export { aggregatedRules, isSelected } from './rbac/aggregate.js';
export { escalation } from './rbac/escalation.js';
export type { RoleRef } from './rbac/objects.js';
export { missingRole, RbacAuthorizer } from './rbac/rbac-authorizer.js';
export { RbacIndex } from './rbac/rbac-index.js';
