import type { PodDisruptionBudget } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME } from './columns.js';

/** `kubectl get pdb`. Rule: pkg/printers/internalversion, printPodDisruptionBudget. */
export const podDisruptionBudgetTable: TableDefinition<Stored<PodDisruptionBudget>> = {
  columns: [
    NAME,
    column('Min Available', 'The minimum number of pods that must be available.'),
    column('Max Unavailable', 'The maximum number of pods that may be unavailable.'),
    column('Allowed Disruptions', 'Calculated number of pods that may be disrupted at this time.', 'integer'),
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
