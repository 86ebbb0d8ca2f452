import { describe, expect, it } from 'vitest';
import { annotationFaults, unknownAnnotations } from '../limits/policy-annotations.js';
import { overrideFor, readResourceOverrides, withOverride } from './resource-overrides.js';

const YAML = `
- nodeSelector: size in (large, huge)
  containers:
    main: {requests: {memory: 1Gi, cpu: 2}}
- nodeSelector: size
  containers:
    main: {limits: {memory: 64Mi}}
`;
const node = (labels: Record<string, string>) => ({ metadata: { name: 'n', labels } });

describe('resource overrides', () => {
  it('hold for the nodes they select, the first before others', () => {
    const { overrides } = readResourceOverrides(YAML);
    expect(overrideFor(overrides, node({ size: 'huge' }))?.selector).toBe('size in (large, huge)');
    expect(overrideFor(overrides, node({ size: 'small' }))?.selector).toBe('size');
    expect(overrideFor(overrides, node({}))).toBeUndefined();
  });

  it('replace the amounts they name, as text, and leave the others', () => {
    const [large] = readResourceOverrides(YAML).overrides;
    const spec = {
      containers: [
        { name: 'main', image: 'i', resources: { requests: { cpu: '100m', 'ephemeral-storage': '1Gi' } } },
        { name: 'side', image: 'i' },
      ],
    };
    expect(withOverride(spec, large).containers).toEqual([
      { name: 'main', image: 'i', resources: { requests: { cpu: '2', memory: '1Gi', 'ephemeral-storage': '1Gi' } } },
      { name: 'side', image: 'i' },
    ]);
    expect(withOverride(spec, undefined)).toBe(spec);
  });

  it('are known by what they do, not by how they are written', () => {
    const json = '[{"nodeSelector":"size=large","containers":{"main":{"requests":{"cpu":"2","memory":"1Gi"}}}}]';
    expect(readResourceOverrides(json).overrides[0]?.hash).toBe(readResourceOverrides(YAML).overrides[0]?.hash);
  });

  it.each([
    ['{}', 'must be a list'],
    ['- 1', '[0]: must be a map'],
    ['- {nodeSelector: a, containers: {c: {request: {}}}}', '[0].containers.c.request: unknown field'],
    ['- {nodeSelector: "a in b", containers: {}}', '[0].nodeSelector: '],
    [
      '- {nodeSelector: a, containers: {c: {requests: {cpu: much}}}}',
      '[0].containers.c.requests.cpu: must be a quantity',
    ],
    ['[', 'must be YAML or JSON'],
  ])('are refused when they cannot be read: %s', (text, fault) => {
    const read = readResourceOverrides(text);
    expect(read.overrides).toEqual([]);
    expect(read.faults.join()).toContain(fault);
  });
});

describe('annotations', () => {
  it.each([
    ['everynode.io/paused', 'yes'],
    ['everynode.io/partition', '-1'],
    ['everynode.io/canary', 'a in b'],
    ['everynode.io/topology-order', 'no label'],
    ['everynode.io/topology-budget', '0%'],
    ['everynode.io/progress-deadline-seconds', '0'],
    ['everynode.io/creates-per-minute', 'fast'],
    ['everynode.io/resource-overrides', 'none'],
  ])('that cannot be read are faults: %s=%s', (key, value) => {
    expect(annotationFaults({ [key]: value })).toEqual([{ key, value, detail: expect.any(String) }]);
  });

  it('of others are not looked at, and misspelt ones are named', () => {
    const annotations = { 'example.com/paused': 'yes', 'everynode.io/pause': 'true', 'everynode.io/paused': 'true' };
    expect(annotationFaults(annotations)).toEqual([]);
    expect(unknownAnnotations(annotations)).toEqual(['everynode.io/pause']);
  });
});
