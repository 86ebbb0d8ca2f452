import type { ClusterRoleBinding, RoleBinding } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME, wideColumn } from './columns.js';

/** @param role What v1beta1 of the API says of the role: upstream describes the column by that version. */
const bindingTable = (kind: string, role: string): TableDefinition<Stored<RoleBinding | ClusterRoleBinding>> => ({
  columns: [
    NAME,
    column('Role', role),
    AGE,
    wideColumn('Users', `Users in the ${kind}`),
    wideColumn('Groups', `Groups in the ${kind}`),
    wideColumn('ServiceAccounts', `ServiceAccounts in the ${kind}`),
  ],
  row(object, now) {
    const { roleRef, subjects = [] } = object;
    const named = (wanted: string): string =>
      subjects
        .filter(({ kind }) => kind === wanted)
        .map(({ name, namespace }) => (wanted === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
        .join(', ');
    return {
      cells: [
        object.metadata.name,
        `${roleRef?.kind}/${roleRef?.name}`,
        ageOf(object, now),
        named('User'),
        named('Group'),
        named('ServiceAccount'),
      ],
    };
  },
});

const UNRESOLVED = 'If the RoleRef cannot be resolved, the Authorizer must return an error.';

/** `kubectl get rolebindings`. Rule: pkg/printers/internalversion, printRoleBinding. */
export const roleBindingTable = bindingTable(
  'roleBinding',
  `RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. ${UNRESOLVED}`,
);

/** `kubectl get clusterrolebindings`. Rule: printClusterRoleBinding. */
export const clusterRoleBindingTable = bindingTable(
  'clusterRoleBinding',
  `RoleRef can only reference a ClusterRole in the global namespace. ${UNRESOLVED}`,
);
