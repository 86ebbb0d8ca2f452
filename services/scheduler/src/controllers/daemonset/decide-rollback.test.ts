import type { RollbackTarget } from '@everynode/daemonset';
import { type DaemonSet, type KubeObject, type Stored, splitObject } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { decideRollback } from './decide-rollback.js';

const template = (image: string): RollbackTarget['template'] => ({
  metadata: { labels: { app: 'd' } },
  spec: { containers: [{ name: 'main', image }] },
});

const CREATED = '2026-01-01T00:00:00Z';

const daemonSet = (image: string, annotations: Record<string, string>, uid = 'u'): Stored<DaemonSet> => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'd', namespace: 'default', uid, creationTimestamp: CREATED, generation: 2, annotations },
  spec: { selector: { matchLabels: { app: 'd' } }, template: template(image) },
});

const ASKED = { 'everynode.io/rollback-on-deadline': 'true' };
const SEEN = daemonSet('bad', ASKED);
const TARGET: RollbackTarget = { hash: 'good', revision: 1, template: template('good') };

function decide(stored: Stored<DaemonSet>) {
  const head = { uid: stored.metadata.uid, revision: 7, placement: null, deleting: false, sequence: 0 };
  const record = { resource: 'daemonsets.apps' as const, namespace: 'default', name: 'd' };
  const current = { ...record, ...head, ...splitObject(stored as KubeObject) };
  return decideRollback(current, SEEN, TARGET, 'failed');
}

describe('a rollback', () => {
  it('puts the template back and notes what failed', () => {
    const decision = decide(daemonSet('bad', { ...ASKED, 'example.com/other': 'changed' }));
    expect(decision).toMatchObject({ kind: 'update', parts: { desired: expect.stringContaining('"good"') } });
    expect(JSON.stringify(decision)).toContain('everynode.io/failed-revision');
  });

  it.each([
    ['the template was changed', daemonSet('third', ASKED)],
    ['the rollout was paused', daemonSet('bad', { ...ASKED, 'everynode.io/paused': 'true' })],
    ['rollbacks are not asked for any more', daemonSet('bad', {})],
    ['it is another DaemonSet of this name', daemonSet('bad', ASKED, 'v')],
  ])('is dropped when meanwhile %s', (_what, stored) => expect(decide(stored)).toEqual({ kind: 'keep' }));

  it('is dropped when the DaemonSet is gone', () =>
    expect(decideRollback(undefined, SEEN, TARGET, 'failed')).toEqual({ kind: 'keep' }));
});
