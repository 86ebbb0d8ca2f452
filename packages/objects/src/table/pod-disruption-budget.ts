import type { PodDisruptionBudget } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

/** `kubectl get pdb`. Rule: pkg/printers/internalversion, printPodDisruptionBudget. */
export const podDisruptionBudgetTable: TableDefinition<Stored<PodDisruptionBudget>> = {
  columns: [
    NAME,
    column('Min Available', 'How many pods, or which part of them, have to stay available.'),
    column('Max Unavailable', 'How many pods, or which part of them, may be missing.'),
    column('Allowed Disruptions', 'How many pods may be evicted now.', 'integer'),
    AGE,
  ],
  row(object, now) {
    const { spec, status } = object;
    const shown = (value: number | string | undefined): string => (value === undefined ? 'N/A' : String(value));
    const allowed = status?.disruptionsAllowed ?? 0;
    return {
      cells: [
        object.metadata.name,
        shown(spec?.minAvailable),
        shown(spec?.maxUnavailable),
        allowed,
        ageOf(object, now),
      ],
    };
  },
};
