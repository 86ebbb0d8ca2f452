import { describe, expect, it } from 'vitest';
import { compareLevels, describePolicy, policyOf } from '../index.js';

const LABEL = 'pod-security.kubernetes.io/';
const labels = (short: Record<string, string>) =>
  Object.fromEntries(Object.entries(short).map(([key, value]) => [LABEL + key, value]));

describe('policyOf', () => {
  it.each<[labels: Record<string, string>, enforce: string, audit: string, warn: string]>([
    [{}, 'privileged:latest', 'privileged:latest', 'privileged:latest'],
    [{ enforce: 'baseline' }, 'baseline:latest', 'privileged:latest', 'privileged:latest'],
    [
      { enforce: 'restricted', 'enforce-version': 'v1.25', warn: 'restricted' },
      'restricted:v1.25',
      'privileged:latest',
      'restricted:latest',
    ],
    [{ audit: 'baseline', 'audit-version': 'latest' }, 'privileged:latest', 'baseline:latest', 'privileged:latest'],
  ])('reads %j', (short, enforce, audit, warn) => {
    const { policy, errors } = policyOf(labels(short));
    expect(errors).toEqual([]);
    expect([policy.enforce, policy.audit, policy.warn].map(describePolicy)).toEqual([enforce, audit, warn]);
  });

  it('takes what it cannot read for the strictest to enforce, and for nothing to warn of', () => {
    const { policy, errors } = policyOf(
      labels({ enforce: 'Baseline', 'enforce-version': '1.25', warn: 'x', audit: '' }),
    );
    expect([policy.enforce, policy.audit, policy.warn].map(describePolicy)).toEqual([
      'restricted:latest',
      'privileged:latest',
      'privileged:latest',
    ]);
    expect(errors.map(({ field, value, detail }) => [field, value, detail])).toEqual([
      [`metadata.labels[${LABEL}enforce]`, 'Baseline', 'must be one of privileged, baseline, restricted'],
      [`metadata.labels[${LABEL}enforce-version]`, '1.25', 'must be "latest" or "v1.x"'],
      [`metadata.labels[${LABEL}audit]`, '', 'must be one of privileged, baseline, restricted'],
      [`metadata.labels[${LABEL}warn]`, 'x', 'must be one of privileged, baseline, restricted'],
    ]);
  });

  it.each(['v1.01', 'v2.0', 'v1.', 'v1.1 ', 'v1.-1'])('does not read version %j', (version) => {
    expect(policyOf(labels({ 'enforce-version': version })).errors).toHaveLength(1);
  });
});

it('orders levels by how strict they are', () => {
  expect((['restricted', 'privileged', 'baseline'] as const).toSorted(compareLevels)).toEqual([
    'privileged',
    'baseline',
    'restricted',
  ]);
});
