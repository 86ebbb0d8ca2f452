import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@everynode/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../../testing/running-api.js';
import { POLICIES } from './stored-policies.js';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';
const auditLog = join(tmpdir(), `everynode-policies-${process.pid}.log`);

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends, { auditLog });
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
  await rm(auditLog, { force: true });
});

const rule = {
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
};

async function define(spec: object, binding: object = {}): Promise<void> {
  const policy = { metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules: [rule] }, ...spec } };
  const made = await api.request('POST', `${GROUP}/validatingadmissionpolicies`, { body: policy });
  expect([made.status, made.json.message]).toEqual([201, undefined]);
  const body = { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'], ...binding } };
  expect((await api.request('POST', `${GROUP}/validatingadmissionpolicybindings`, { body })).status).toBe(201);
  await eventually(() => {
    expect(api.context.reflector.cache(POLICIES).size).toBe(1);
    expect(api.context.reflector.cache(BINDINGS).size).toBe(1);
  });
}

afterEach(async () => {
  await api.request('DELETE', `${GROUP}/validatingadmissionpolicies/p`);
  await api.request('DELETE', `${GROUP}/validatingadmissionpolicybindings/b`);
  await eventually(() => {
    expect(api.context.reflector.cache(POLICIES).size).toBe(0);
    expect(api.context.reflector.cache(BINDINGS).size).toBe(0);
  });
  await api.request('DELETE', CONFIGMAPS);
});

const create = (name: string, data: object = {}) =>
  api.request('POST', CONFIGMAPS, { body: { metadata: { name }, data } });
const DENIED = "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ";

describe('validating admission policies', () => {
  it('deny in the words of upstream', async () => {
    await define({ validations: [{ expression: 'has(object.data.owner)', message: 'an owner is needed' }] });
    const { status, json } = await create('x', { a: 'b' });
    const message = `${DENIED}an owner is needed`;
    expect([status, json]).toEqual([
      422,
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message,
        reason: 'Invalid',
        details: { name: 'x', kind: 'configmaps', causes: [{ message: message.slice(message.indexOf('Validating')) }] },
        code: 422,
      },
    ]);
    expect((await create('x', { owner: 'me' })).status).toBe(201);
    const patch = { body: { data: { owner: null } }, contentType: 'application/merge-patch+json' };
    expect((await api.request('PATCH', `${CONFIGMAPS}/x`, patch)).status).toBe(422);
  });

  const messages: [string, object, string, number][] = [
    ['its expression', { expression: ' 1 > 2' }, 'failed expression: 1 > 2', 422],
    ['its reason', { expression: 'false', reason: 'Forbidden', message: 'no' }, 'no', 403],
    [
      'an expression of its message',
      { expression: 'false', message: 'no', messageExpression: '"name " + object.metadata.name' },
      'name x',
      422,
    ],
    ['a message that fails', { expression: 'false', message: 'no', messageExpression: 'object.data.none' }, 'no', 422],
    [
      'an error',
      { expression: 'object.none == 1' },
      "expression 'object.none == 1' resulted in error: no such key: none",
      422,
    ],
    ['variables', { expression: 'variables.twice == 2', messageExpression: 'string(variables.twice)' }, '4', 422],
    [
      'the authoriser',
      { expression: '!authorizer.group("").resource("pods").check("get").allowed()' },
      'failed expression: !authorizer.group("").resource("pods").check("get").allowed()',
      422,
    ],
    [
      'the namespace',
      { expression: 'namespaceObject.metadata.name == "other"' },
      'failed expression: namespaceObject.metadata.name == "other"',
      422,
    ],
    [
      'the request',
      { expression: 'request.operation == "DELETE"' },
      'failed expression: request.operation == "DELETE"',
      422,
    ],
  ];
  it.each(messages)('say %s', async (_what, validation, message, code) => {
    const variables = [
      { name: 'one', expression: '2' },
      { name: 'twice', expression: 'variables.one * 2' },
    ];
    await define({ validations: [validation], variables });
    const { status, json } = await create('x');
    expect([status, json.message]).toEqual([code, DENIED + message]);
  });

  it('warn and audit where the binding says so', async () => {
    const spec = {
      validations: [{ expression: 'false', message: 'no' }],
      auditAnnotations: [{ key: 'name', valueExpression: '"is " + object.metadata.name' }],
    };
    await define(spec, { validationActions: ['Warn', 'Audit'] });
    const { status, headers } = await create('x');
    expect(status).toBe(201);
    expect(headers.warning).toBe("299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no\"");
    await eventually(async () => {
      const line = (await readFile(auditLog, 'utf8')).split('\n').find((one) => one.includes('validation_failure'));
      const { annotations } = JSON.parse(line ?? '{}') as { annotations: Record<string, string> };
      expect(annotations['p/name']).toBe('is x');
      expect(JSON.parse(annotations['validation.policy.admission.k8s.io/validation_failure'] ?? '')).toEqual([
        { message: 'no', policy: 'p', binding: 'b', expressionIndex: 0, validationActions: ['Warn', 'Audit'] },
      ]);
    });
  });

  it('ignore errors, but not denials, by their failurePolicy', async () => {
    await define({ failurePolicy: 'Ignore', validations: [{ expression: 'object.data.n == "1"' }] });
    expect((await create('x')).status).toBe(201);
    expect((await create('y', { n: '2' })).status).toBe(422);
  });

  it('read their parameters', async () => {
    await create('limits', { max: '3' });
    const spec = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [
        { name: 'not-itself', expression: 'object == null || object.metadata.name != params.metadata.name' },
      ],
      validations: [{ expression: 'size(object.data) <= int(params.data.max)' }],
    };
    await define(spec, { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } });
    expect((await create('x', { a: '', b: '', c: '', d: '' })).status).toBe(422);
    expect((await create('y', { a: '' })).status).toBe(201);
  });

  it('deny where parameters are missing', async () => {
    const spec = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'true' }] };
    await define(spec, { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } });
    const { status, json } = await create('x');
    expect([status, json.message]).toEqual([
      422,
      `${DENIED}failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    ]);
  });

  it('concern deletions, and never the policies themselves', async () => {
    await create('x');
    await define({
      matchConstraints: { resourceRules: [{ ...rule, apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }] },
      validations: [{ expression: 'request.operation != "DELETE" && oldObject == null' }],
    });
    expect((await api.request('DELETE', `${CONFIGMAPS}/x`)).status).toBe(422);
    expect((await api.request('DELETE', `${GROUP}/validatingadmissionpolicies/p`)).status).toBe(200);
  });

  it('must compile', async () => {
    const spec = {
      matchConstraints: { resourceRules: [rule] },
      variables: [{ name: 'a', expression: 'variables.b' }],
      validations: [{ expression: '1 + 1' }, { expression: 'params.x', messageExpression: '1' }],
    };
    const body = { metadata: { name: 'bad' }, spec };
    const { status, json } = await api.request('POST', `${GROUP}/validatingadmissionpolicies`, { body });
    expect(status).toBe(422);
    expect(
      json.details.causes.map(({ field, message }: { field: string; message: string }) => [
        field,
        message.split('\n')[0],
      ]),
    ).toEqual([
      ['spec.variables[0].expression', expect.stringContaining("<input>:1:10: undefined field 'b'")],
      ['spec.validations[0].expression', 'Invalid value: "1 + 1": must evaluate to bool'],
      ['spec.validations[1].expression', expect.stringContaining("undeclared reference to 'params'")],
      ['spec.validations[1].messageExpression', 'Invalid value: "1": must evaluate to string'],
    ]);
  });

  it('are checked against the types that they are for', async () => {
    const apps = { operations: ['*'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['daemonsets'] };
    await define({
      matchConstraints: { resourceRules: [apps] },
      validations: [{ expression: 'object.spec.minReadySeconds > "1"' }, { expression: 'object.spec.replicas > 1' }],
    });
    await eventually(async () => {
      const { json } = await api.request('GET', `${GROUP}/validatingadmissionpolicies/p`);
      expect(json.status).toEqual({
        observedGeneration: 1,
        typeChecking: {
          expressionWarnings: [
            {
              fieldRef: 'spec.validations[0].expression',
              warning: expect.stringMatching(
                /^apps\/v1, Kind=DaemonSet: compilation failed: ERROR: <input>:1:\d+: found no matching overload for '_>_' applied to '\(int, string\)'/,
              ),
            },
            {
              fieldRef: 'spec.validations[1].expression',
              warning: expect.stringContaining("undefined field 'replicas'"),
            },
          ],
        },
      });
    });
  });
});
