import type { ObjectRecord } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { CachedObject } from './cached-object.js';

const POD = { apiVersion: 'v1', kind: 'Pod' };
const record: ObjectRecord = {
  resource: 'pods',
  namespace: 'ns',
  name: 'a',
  uid: 'u',
  revision: 7,
  metadata: '{"name":"a","namespace":"ns","uid":"u","labels":{"app":"x"}}',
  desired: '{"spec":{"nodeName":"n1"}}',
  observed: '{"phase":"Running"}',
  placement: 'n1',
};

describe('CachedObject', () => {
  it('puts the whole object together, with its revision as resourceVersion', () => {
    const cached = new CachedObject(record, POD);
    expect(cached.object).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'ns', uid: 'u', labels: { app: 'x' }, resourceVersion: '7' },
      spec: { nodeName: 'n1' },
      status: { phase: 'Running' },
    });
    expect(cached.object).toBe(cached.object);
    expect(cached.metadata).not.toHaveProperty('resourceVersion');
  });

  it('has no status when none is stored', () => {
    const cached = new CachedObject({ ...record, observed: null }, POD);
    expect(cached.status).toBeUndefined();
    expect(cached.object).not.toHaveProperty('status');
  });

  it('shares the parts that did not change with the version before', () => {
    const before = new CachedObject(record, POD);
    const after = new CachedObject({ ...record, revision: 8, observed: '{"phase":"Failed"}' }, POD, before);
    expect(after.metadata).toBe(before.metadata);
    expect(after.desired).toBe(before.desired);
    expect(after.status).toEqual({ phase: 'Failed' });
    expect(before.status).toEqual({ phase: 'Running' });
  });

  it('is the same content at another revision', () => {
    const cached = new CachedObject(record, POD);
    const later = cached.at(9);
    expect(later.record).toEqual({ ...record, revision: 9 });
    expect(later.desired).toBe(cached.desired);
    expect(later.object.metadata.resourceVersion).toBe('9');
  });

  it('parses nothing before it is asked, and only the part that it is asked for', () => {
    const broken = new CachedObject({ ...record, desired: 'not JSON' }, POD);
    expect(broken.status).toEqual({ phase: 'Running' });
    expect(broken.labels).toEqual({ app: 'x' });
    expect(() => broken.desired).toThrow(SyntaxError);
  });

  it('keeps only labels where the service seldom looks into an object, and shares equal ones', () => {
    const kind = { ...POD, forgetsParsed: true };
    const [one, other] = [new CachedObject(record, kind), new CachedObject({ ...record, name: 'b' }, kind)];
    expect(one.metadata).toEqual(other.metadata);
    expect(one.metadata).not.toBe(one.metadata);
    expect(one.object).not.toBe(one.object);
    expect(one.labels).toBe(one.labels);
    expect(one.labels).toBe(other.labels);
  });
});
