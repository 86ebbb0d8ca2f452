import type { PodDisruptionBudget } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import { podDisruptionBudgetTable } from '../table/index.js';
import { validatePodDisruptionBudget } from '../validation/pod-disruption-budget.js';
import { defineResource, statusSubresource } from './define-resource.js';

const budgetOf = (object: KubeObject): PodDisruptionBudget => object as unknown as PodDisruptionBudget;

export const podDisruptionBudgets = defineResource({
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
  validate: (object) => validatePodDisruptionBudget(budgetOf(object)),
  table: podDisruptionBudgetTable,
});
