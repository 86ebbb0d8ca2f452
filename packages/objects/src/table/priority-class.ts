import type { PriorityClass } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

/** `kubectl get priorityclasses`. Rule: pkg/printers/internalversion, printPriorityClass. */
export const priorityClassTable: TableDefinition<Stored<PriorityClass>> = {
  columns: [
    NAME,
    column('Value', 'Priority that pods of the class get; higher goes first.', 'integer'),
    column('Global-Default', 'Whether pods that name no class get this one.', 'boolean'),
    AGE,
    column('PreemptionPolicy', 'Whether pods of the class may push others off a node.'),
  ],
  row(object, now) {
    const { value, globalDefault, preemptionPolicy } = object;
    return {
      cells: [object.metadata.name, value ?? 0, globalDefault ?? false, ageOf(object, now), preemptionPolicy ?? ''],
    };
  },
};
