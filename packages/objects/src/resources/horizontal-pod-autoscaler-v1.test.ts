import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube-object.js';
import { toStoredAutoscaler } from './horizontal-pod-autoscaler-v1.js';

const storedWith = (annotations: Record<string, string>): KubeObject =>
  toStoredAutoscaler({
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h', annotations },
    spec: { maxReplicas: 2 },
  } as KubeObject);
const of = (part: string, json: string) => storedWith({ [`autoscaling.alpha.kubernetes.io/${part}`]: json });

describe('annotations of an autoscaler of v1', () => {
  it.each([
    ['metrics', '[null]', { maxReplicas: 2, metrics: [{ type: '' }] }],
    ['metrics', '[{}]', { maxReplicas: 2, metrics: [{ type: '' }] }],
    ['metrics', '[5]', { maxReplicas: 2 }],
    ['metrics', '[{"type":{}}]', { maxReplicas: 2 }],
    ['metrics', '{', { maxReplicas: 2 }],
    ['behavior', '{"scaleUp":5}', { maxReplicas: 2 }],
    [
      'behavior',
      '{"x":1,"scaleUp":{"tolerance":"50m"}}',
      { maxReplicas: 2, behavior: { scaleUp: { tolerance: '50m' } } },
    ],
  ])('are read as their types are: %s of %s', (part, json, spec) => {
    expect(of(part, json).spec).toEqual(spec);
  });

  it('have conditions and present metrics of their types', () => {
    expect(of('conditions', '[{"type":5}]').status).toEqual({ currentMetrics: null });
    expect(of('current-metrics', '[{}]').status).toEqual({ currentMetrics: [{ type: '' }] });
  });
});
