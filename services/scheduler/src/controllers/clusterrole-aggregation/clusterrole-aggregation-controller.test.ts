import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

const ROLES = 'clusterroles.rbac.authorization.k8s.io';

let running: RunningControllers;

const rule = (resource: string) => ({ apiGroups: ['example.com'], resources: [resource], verbs: ['get'] });

const role = (name: string, labels: Record<string, string>, rules: object[], selects?: Record<string, string>) =>
  running.create(ROLES, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels },
    ...(selects && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: selects }] } }),
    rules,
  });

const rulesOf = async (name: string) => (await running.get(ROLES, '', name))?.rules;
const showsRules = (name: string, ...resources: string[]) =>
  eventually(async () => expect(await rulesOf(name)).toEqual(resources.map(rule)));

beforeAll(async () => {
  running = await runControllers(['clusterrole-aggregation']);
});

afterAll(() => running.stop());

describe('a role that aggregates', () => {
  it('has the rules of those that it selects, as they come, change and go', async () => {
    await role('b-part', { to: 'all' }, [rule('b')]);
    await role('all', {}, [rule('by-hand')], { to: 'all' });
    await showsRules('all', 'b');
    await role('a-part', { to: 'all' }, [rule('a'), rule('b')]);
    await showsRules('all', 'a', 'b');
    await running.change(ROLES, '', 'a-part', (object) => {
      object.rules = [rule('c')];
    });
    await showsRules('all', 'c', 'b');
    await running.change(ROLES, '', 'b-part', (object) => {
      object.metadata.labels = {};
    });
    await showsRules('all', 'c');
    await running.remove(ROLES, '', 'a-part');
    await showsRules('all');
  });

  it('may be selected by another one', async () => {
    await role('wide', {}, [], { level: 'narrow' });
    await role('narrow', { level: 'narrow' }, [], { level: 'leaf' });
    await role('leaf', { level: 'leaf' }, [rule('leaf')]);
    await showsRules('narrow', 'leaf');
    await showsRules('wide', 'leaf');
  });

  it('gets back what was changed by hand', async () => {
    await running.change(ROLES, '', 'wide', (object) => {
      object.rules = [rule('anything')];
    });
    await showsRules('wide', 'leaf');
  });
});
