import type { KubeObject } from '../kube-object.js';

interface Rules {
  policies?: { type: string; value: number; periodSeconds: number }[];
  selectPolicy?: string;
  stabilizationWindowSeconds?: number;
}

interface Spec {
  minReplicas?: number;
  metrics?: unknown[];
  behavior?: { scaleUp?: Rules; scaleDown?: Rules };
}

const PERIOD = 15;
const DEFAULT_METRIC = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
};

/** pkg/apis/autoscaling/v2 SetDefaults_HorizontalPodAutoscaler. */
export function setAutoscalerDefaults(object: KubeObject): void {
  const spec = object.spec as Spec | undefined;
  if (!spec) return;
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) spec.metrics = [structuredClone(DEFAULT_METRIC)];
  const { behavior } = spec;
  if (!behavior) return;
  behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: PERIOD },
      { type: 'Percent', value: 100, periodSeconds: PERIOD },
    ],
    ...behavior.scaleUp,
  };
  behavior.scaleDown = {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: PERIOD }],
    ...behavior.scaleDown,
  };
}
