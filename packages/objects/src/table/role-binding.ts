import type { ClusterRoleBinding, RoleBinding } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME, wideColumn } from './columns.js';

/** `kubectl get rolebindings` and `clusterrolebindings`. Rule: pkg/printers/internalversion, printRoleBinding. */
export const roleBindingTable: TableDefinition<Stored<RoleBinding | ClusterRoleBinding>> = {
  columns: [
    NAME,
    column('Role', 'Kind and name of the role that is bound.'),
    AGE,
    wideColumn('Users', 'Users that get it.'),
    wideColumn('Groups', 'Groups that get it.'),
    wideColumn('ServiceAccounts', 'Service accounts that get it, with their namespace.'),
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
};
