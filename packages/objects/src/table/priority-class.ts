import type { PriorityClass } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME, of } from './columns.js';

/** `kubectl get priorityclasses`. Rule: pkg/printers/internalversion, printPriorityClass. */
export const priorityClassTable: TableDefinition<Stored<PriorityClass>> = {
  columns: [
    NAME,
    column('Value', of('scheduling.v1.PriorityClass', 'value'), 'integer'),
    column('Global-Default', of('scheduling.v1.PriorityClass', 'globalDefault'), 'boolean'),
    AGE,
    column('PreemptionPolicy', of('scheduling.v1.PriorityClass', 'preemptionPolicy')),
  ],
  row(object, now) {
    const { value, globalDefault, preemptionPolicy } = object;
    return {
      cells: [object.metadata.name, value ?? 0, globalDefault ?? false, ageOf(object, now), preemptionPolicy ?? ''],
    };
  },
};
