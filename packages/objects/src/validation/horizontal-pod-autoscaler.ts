import type { FieldError } from '../field-error.js';
import type { KubeObject } from '../kube-object.js';
import { invalidValue, NOT_POSITIVE } from './field-errors.js';

interface Spec {
  minReplicas?: number;
  maxReplicas?: number;
}

/** The bounds of the replicas. Source: pkg/apis/autoscaling/validation, validateHorizontalPodAutoscalerSpec. */
export function validateAutoscaler(object: KubeObject): FieldError[] {
  const { minReplicas, maxReplicas = 0 } = (object.spec ?? {}) as Spec;
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.push(invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  }
  if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, NOT_POSITIVE));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    const detail = 'must be greater than or equal to `minReplicas`';
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, detail));
  }
  return errors;
}
