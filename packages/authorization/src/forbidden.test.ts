import { describe, expect, it } from 'vitest';
import { forbidden } from './forbidden.js';

const user = { user: 'x', groups: [] };
const at = {
  kind: 'resource',
  user,
  verb: 'list',
  group: '',
  resource: 'pods',
  subresource: '',
  namespace: 'y',
  name: '',
} as const;

describe('a refusal', () => {
  // Source: apiserver/pkg/endpoints/handlers/responsewriters/errors_test.go.
  it.each([
    [
      at,
      '',
      'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "y"',
      { kind: 'pods' },
    ],
    [
      { ...at, namespace: '', verb: 'get', group: 'apps', resource: 'daemonsets', subresource: 'status', name: 'n' },
      'why',
      'daemonsets.apps "n" is forbidden: User "x" cannot get resource "daemonsets/status" in API group "apps" at the cluster scope: why',
      { name: 'n', group: 'apps', kind: 'daemonsets' },
    ],
    [{ kind: 'path', user, verb: 'get', path: '/x' } as const, '', 'forbidden: User "x" cannot get path "/x"', {}],
    [
      { kind: 'path', user: { user: '<b>&', groups: [] }, verb: 'get', path: '/<i>' } as const,
      '',
      'forbidden: User "&lt;b&gt;&amp;" cannot get path "/&lt;i&gt;"',
      {},
    ],
  ])('of %j with %j', (attributes, reason, message, details) => {
    expect(forbidden(attributes, reason).toStatus()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason: 'Forbidden',
      details,
      code: 403,
    });
  });
});
