import type { ControllerRevision } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { controllerOf, type OwnerReference } from '../kube-object.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME, of } from './columns.js';

/** `daemonset.apps/log-agent`, without a group for kinds of the core. */
function formatOwner({ apiVersion, kind, name }: OwnerReference): string {
  const slash = apiVersion.indexOf('/');
  const resource = slash < 0 ? kind : `${kind}.${apiVersion.slice(0, slash)}`;
  return `${resource.toLowerCase()}/${name}`;
}

/** `kubectl get controllerrevisions`. Rule: pkg/printers/internalversion, printControllerRevision. */
export const controllerRevisionTable: TableDefinition<Stored<ControllerRevision>> = {
  columns: [
    NAME,
    column('Controller', 'Controller of the object'),
    // Upstream declares the type `string` for this number.
    column('Revision', of('apps.v1.ControllerRevision', 'revision')),
    AGE,
  ],
  row(object, now) {
    const owner = controllerOf(object.metadata);
    return {
      cells: [object.metadata.name, owner ? formatOwner(owner) : '<none>', object.revision ?? 0, ageOf(object, now)],
    };
  },
};
