import type { PodDisruptionBudget } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { podDisruptionBudgetTable } from '../table/index.js';
import { pathSegmentMessages } from '../validation/names.js';
import { validatePodDisruptionBudget, validatePodDisruptionBudgetStatus } from '../validation/pod-disruption-budget.js';
import { defineResource, statusSubresource } from './define-resource.js';

export const podDisruptionBudgets = defineResource<Stored<PodDisruptionBudget>>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
  updatesUnconditionally: false,
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  shortNames: ['pdb'],
  subresources: [statusSubresource],
  hasGeneration: true,
  firstStatus: () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  // Any name that can stand in a path: upstream's rules of budgets do not look at it.
  nameRule: pathSegmentMessages,
  ownMetadata: 'nothing',
  validate: (object) => validatePodDisruptionBudget(object),
  validateStatus: (object) => validatePodDisruptionBudgetStatus(object),
  table: podDisruptionBudgetTable,
});
