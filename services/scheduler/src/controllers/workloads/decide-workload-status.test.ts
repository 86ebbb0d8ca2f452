import { expect, it } from 'vitest';
import { decideDeployment } from '../deployment/decide-deployment.js';
import { decideWorkloadStatus } from './decide-workload-status.js';

const stored = (status: object, uid = 'u') => ({
  uid,
  revision: 1,
  placement: null,
  metadata: '{}',
  observed: JSON.stringify(status),
});
const seen = stored({ replicas: 1 });
const NEXT = { replicas: 2 };

it.each([
  ['writes on what was seen', stored({ replicas: 1 }), 'update'],
  ['keeps what a client has written since', stored({ replicas: 1, conditions: [{ type: 'Told' }] }), 'keep'],
  ['keeps another object of the name', stored({ replicas: 1 }, 'other'), 'keep'],
  ['keeps what is there already', stored(NEXT), 'keep'],
] as const)('%s', (_what, current, kind) => {
  const row = current as unknown as Parameters<typeof decideDeployment>[0];
  expect(decideWorkloadStatus(row, seen, NEXT).kind).toBe(kind);
  expect(decideDeployment(row, seen, { status: NEXT, revision: undefined }).kind).toBe(kind);
});
