import {
  BOOTSTRAP_BINDINGS,
  BOOTSTRAP_ROLES,
  bindingObject,
  type PolicyBinding,
  type PolicyObject,
  type PolicyRole,
  reconciledBinding,
  reconciledRole,
  roleObject,
} from '@everynode/authorization';
import { type KubeObject, type ResourceName, resourceByStorage } from '@everynode/objects';
import type { ApiContext } from './api-context.js';
import { type Creatable, ensureObject } from './ensure-object.js';
import { commit } from './write/commit.js';
import { decisionFor } from './write/decision.js';
import { objectOf } from './write/stored-object.js';
import type { Target } from './write/target.js';

/** One object of the policy: what is created where it is missing, and what is added to it where it lacks something. */
interface PolicyEntry {
  resource: ResourceName;
  namespace: string;
  wanted: PolicyObject & Creatable;
  reconciled(found: PolicyObject): PolicyObject | undefined;
}

const GROUP = 'rbac.authorization.k8s.io';

const roleEntry = (role: PolicyRole): PolicyEntry => ({
  resource: `${role.namespace ? 'roles' : 'clusterroles'}.${GROUP}`,
  namespace: role.namespace ?? '',
  wanted: roleObject(role),
  reconciled: (found) => reconciledRole(found, role),
});

const bindingEntry = (binding: PolicyBinding): PolicyEntry => ({
  resource: `${binding.namespace ? 'rolebindings' : 'clusterrolebindings'}.${GROUP}`,
  namespace: binding.namespace ?? '',
  wanted: bindingObject(binding),
  reconciled: (found) => reconciledBinding(found, binding),
});

const POLICY: readonly PolicyEntry[] = [...BOOTSTRAP_ROLES.map(roleEntry), ...BOOTSTRAP_BINDINGS.map(bindingEntry)];

/**
 * Creates the roles and bindings of the bootstrap policy, and gives back to those that are there what they lack of it.
 * What administrators have added stays. Source: pkg/registry/rbac/rest/storage_rbac.go, EnsureRBACPolicy.
 */
export async function ensureBootstrapPolicy(context: ApiContext): Promise<void> {
  await Promise.all(POLICY.map((entry) => ensureEntry(context, entry)));
}

async function ensureEntry(context: ApiContext, { resource, namespace, wanted, reconciled }: PolicyEntry) {
  if (await ensureObject(context, resource, namespace, wanted)) return;
  const { name } = wanted.metadata;
  const cached = context.reflector.cache(resource).get(namespace, name);
  // A replica that finds all as it should be asks Postgres nothing.
  if (!cached || !reconciled(cached.object as PolicyObject)) return;
  const target: Target = { definition: resourceByStorage(resource), namespace, name };
  await commit(context, {
    target,
    dryRun: false,
    decide: (current) => {
      const repaired = current && reconciled(objectOf(target, current) as PolicyObject);
      return repaired ? decisionFor(target, repaired as KubeObject & PolicyObject, current) : { kind: 'keep' };
    },
  });
}
