import { setAutoscalerDefaults } from '../defaults/horizontal-pod-autoscaler.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition } from '../resource.js';
import { horizontalPodAutoscalerTable } from '../table/horizontal-pod-autoscaler.js';
import { validateByFacts } from '../validation/by-facts.js';
import { validateAutoscaler } from '../validation/horizontal-pod-autoscaler.js';
import { defineResource, type ResourceFacts, statusSubresource } from './define-resource.js';
import { fromStoredAutoscaler, toStoredAutoscaler } from './horizontal-pod-autoscaler-v1.js';

const V2 = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler';
const V1 = 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler';

const common = {
  group: 'autoscaling',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: [statusSubresource],
} satisfies Partial<ResourceFacts>;

/** Autoscalers are stored in this version. Source: pkg/registry/autoscaling/horizontalpodautoscaler. */
export const horizontalPodAutoscalers = defineResource<KubeObject>({
  ...common,
  version: 'v2',
  schema: V2,
  firstStatus: () => ({ currentMetrics: null, desiredReplicas: 0 }),
  setDefaults: setAutoscalerDefaults,
  validate: (object) => [...validateByFacts(V2, object), ...validateAutoscaler(object)],
  table: horizontalPodAutoscalerTable,
});

/** The same autoscalers in the older version, which names one metric only. */
export const autoscalersV1: ResourceDefinition = {
  ...defineResource<KubeObject>({
    ...common,
    version: 'v1',
    schema: V1,
    storage: horizontalPodAutoscalers.storage,
    firstStatus: () => ({ currentReplicas: 0, desiredReplicas: 0 }),
    setDefaults: ({ spec }) => {
      if (spec) (spec as { minReplicas?: number }).minReplicas ??= 1;
    },
    validate: (object) => [...validateByFacts(V1, object), ...validateAutoscaler(object)],
    table: {
      columns: horizontalPodAutoscalerTable.columns,
      row: (object, now) => horizontalPodAutoscalerTable.row(toStoredAutoscaler(object), now),
    },
  }),
  convert: { toStored: toStoredAutoscaler, fromStored: fromStoredAutoscaler },
};
