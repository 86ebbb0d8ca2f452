import { expect, it } from 'vitest';
import { decideDeployment, decideRefused } from '../deployment/decide-deployment.js';
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
const AT = '2026-01-01T00:00:00Z';
type Row = Parameters<typeof decideDeployment>[0];

it.each([
  ['writes on what was seen', stored({ replicas: 1 }), 'update'],
  ['keeps what a client has written since', stored({ replicas: 1, conditions: [{ type: 'Told' }] }), 'keep'],
  ['keeps another object of the name', stored({ replicas: 1 }, 'other'), 'keep'],
  ['keeps what is there already', stored(NEXT), 'keep'],
] as const)('%s', (_what, current, kind) => {
  const row = current as unknown as Row;
  expect(decideWorkloadStatus(row, seen, NEXT).kind).toBe(kind);
  expect(decideDeployment(row, seen, { status: NEXT, revision: undefined }).kind).toBe(kind);
});

it('tells once that a ReplicaSet was refused', () => {
  const first = decideRefused(stored({}) as unknown as Row, 'u', 'exceeded quota', AT);
  const told = first.kind === 'update' ? first.parts.observed : undefined;
  const row = { ...stored({}), observed: told } as unknown as Row;
  expect([first.kind, decideRefused(row, 'u', 'exceeded quota', AT).kind]).toEqual(['update', 'keep']);
});
