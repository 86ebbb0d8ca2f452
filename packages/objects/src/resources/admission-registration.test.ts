import { describe, expect, it } from 'vitest';
import { decodeObject } from '../decode/index.js';
import { fieldErrorMessage } from '../field-error.js';
import type { ResourceName } from '../kinds/kinds.js';
import { resourceByStorage } from './registry.js';

const GROUP = 'admissionregistration.k8s.io';

function read(plural: string, value: object) {
  const definition = resourceByStorage(`${plural}.${GROUP}` as ResourceName);
  const { object } = decodeObject({ value: { metadata: { name: 'x' }, ...value } }, definition);
  definition.setDefaults(object);
  return { definition, object };
}

function errorsOf(plural: string, value: object): string[] {
  const { definition, object } = read(plural, value);
  return definition.validate(object).map(fieldErrorMessage);
}

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const webhook = {
  name: 'a.example.com',
  rules: [rule],
  clientConfig: { url: 'https://example.com/path' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};

describe('webhook configurations', () => {
  it.each(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'])('%s have defaults', (plural) => {
    const service = { namespace: 'n', name: 's' };
    const { object } = read(plural, { webhooks: [{ ...webhook, clientConfig: { service } }] });
    expect(object.webhooks).toEqual([
      {
        ...webhook,
        clientConfig: { service: { ...service, port: 443 } },
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        timeoutSeconds: 10,
        rules: [{ ...rule, scope: '*' }],
        ...(plural.startsWith('mutating') && { reinvocationPolicy: 'Never' }),
      },
    ]);
  });

  const cases: [string, object, string[]][] = [
    ['a good one', {}, []],
    [
      'short name',
      { name: 'a' },
      ['webhooks[0].name: Invalid value: "a": should be a domain with at least three segments separated by dots'],
    ],
    ['no name', { name: '' }, ['webhooks[0].name: Required value']],
    [
      'no client',
      { clientConfig: {} },
      ['webhooks[0].clientConfig: Required value: exactly one of url or service is required'],
    ],
    [
      'http',
      { clientConfig: { url: 'http://u@example.com?a=b#c' } },
      [
        'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
        'webhooks[0].clientConfig.url: Invalid value: "u": user information is not permitted in the URL',
        'webhooks[0].clientConfig.url: Invalid value: "c": fragments are not permitted in the URL',
        'webhooks[0].clientConfig.url: Invalid value: "a=b": query parameters are not permitted in the URL',
      ],
    ],
    [
      'no host',
      { clientConfig: { url: 'https:///x' } },
      ['webhooks[0].clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]'],
    ],
    [
      'path of a service',
      { clientConfig: { service: { namespace: 'n', name: 's', path: 'a//b', port: 0 } } },
      [
        'webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
        'webhooks[0].clientConfig.service.path: Invalid value: "a//b": must start with a \'/\'',
        'webhooks[0].clientConfig.service.path: Invalid value: "a//b": segment[0] may not be empty',
        'webhooks[0].clientConfig.service.path: Invalid value: "a//b": segment[1] may not be empty',
      ],
    ],
    [
      'side effects',
      { sideEffects: 'Some' },
      ['webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
    ],
    [
      'no side effects',
      { sideEffects: undefined },
      ['webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun'],
    ],
    [
      'timeout',
      { timeoutSeconds: 31 },
      ['webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds'],
    ],
    [
      'no versions',
      { admissionReviewVersions: [] },
      ['webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1'],
    ],
    [
      'unknown version',
      { admissionReviewVersions: ['v2'] },
      ['webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1'],
    ],
    [
      'operations',
      { rules: [{ ...rule, operations: ['*', 'WRITE'] }] },
      [
        'webhooks[0].rules[0].operations: Invalid value: ["*","WRITE"]: if \'*\' is present, must not specify other operations',
        'webhooks[0].rules[0].operations[1]: Unsupported value: "WRITE": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
      ],
    ],
    [
      'resources',
      { rules: [{ ...rule, resources: ['pods/*', 'pods/log', '*', 'nodes'] }] },
      [
        'webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if \'pods/*\' is present, must not specify pods/log',
        'webhooks[0].rules[0].resources: Invalid value: ["pods/*","pods/log","*","nodes"]: if \'*\' is present, must not specify other resources without subresources',
      ],
    ],
    [
      'scope',
      { rules: [{ ...rule, scope: 'x' }] },
      ['webhooks[0].rules[0].scope: Unsupported value: "x": supported values: "*", "Cluster", "Namespaced"'],
    ],
    [
      'a condition',
      { matchConditions: [{ name: '', expression: '' }] },
      [
        'webhooks[0].matchConditions[0].expression: Required value',
        'webhooks[0].matchConditions[0].name: Required value',
      ],
    ],
    [
      'too many conditions',
      { matchConditions: Array.from({ length: 65 }, (_, at) => ({ name: `n${at}`, expression: 'true' })) },
      ['webhooks[0].matchConditions: Too many: 65: must have at most 64 items'],
    ],
  ];
  it.each(cases)('%s', (_name, change, expected) => {
    expect(errorsOf('validatingwebhookconfigurations', { webhooks: [{ ...webhook, ...change }] })).toEqual(expected);
  });

  it('may not use a name twice', () => {
    expect(errorsOf('mutatingwebhookconfigurations', { webhooks: [webhook, webhook] })).toEqual([
      'webhooks[1].name: Duplicate value: "a.example.com"',
    ]);
  });
});

describe('policies and their bindings', () => {
  const spec = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] };
  const policies: [string, object, string[]][] = [
    ['a good one', {}, []],
    ['no constraints', { matchConstraints: undefined }, ['spec.matchConstraints: Required value']],
    ['no rules', { matchConstraints: {} }, ['spec.matchConstraints.resourceRules: Required value']],
    [
      'nothing to check',
      { validations: [] },
      [
        'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
        'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
      ],
    ],
    [
      'a reason',
      { validations: [{ expression: 'true', reason: 'Gone' }] },
      [
        'spec.validations[0].reason: Unsupported value: "Gone": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      ],
    ],
    [
      'lines',
      { validations: [{ expression: 'true', message: 'a\nb' }] },
      ['spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks'],
    ],
    [
      'a variable',
      { variables: [{ name: 'in', expression: ' ' }] },
      [
        'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier',
        'spec.variables[0].expression: Required value: expression is not specified',
      ],
    ],
    [
      'a kind of parameters',
      { paramKind: { apiVersion: 'a/b/c', kind: '' } },
      [
        'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        'spec.paramKind.kind: Required value',
      ],
    ],
    [
      'failure',
      { failurePolicy: 'Maybe' },
      ['spec.failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"'],
    ],
  ];
  it.each(policies)('policy: %s', (_name, change, expected) => {
    expect(errorsOf('validatingadmissionpolicies', { spec: { ...spec, ...change } })).toEqual(expected);
  });

  const bindings: [string, object, string[]][] = [
    ['a good one', {}, []],
    [
      'no action',
      { validationActions: [] },
      ['spec.validationActions: Required value: at least one validation action is required'],
    ],
    [
      'two ways to say the same',
      { validationActions: ['Deny', 'Warn'] },
      [
        'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    ],
    ['parameters', { paramRef: {} }, ['spec.paramRef: Required value: one of name or selector must be specified']],
    [
      'name and selector',
      { paramRef: { name: 'a', selector: {} } },
      [
        'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
        'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
      ],
    ],
    ['no policy', { policyName: '' }, ['spec.policyName: Required value']],
  ];
  it.each(bindings)('binding: %s', (_name, change, expected) => {
    const bound = { policyName: 'p', validationActions: ['Deny'], ...change };
    expect(errorsOf('validatingadmissionpolicybindings', { spec: bound })).toEqual(expected);
  });

  const expression = 'Object{}';
  const mutation = { patchType: 'ApplyConfiguration', applyConfiguration: { expression } };
  const mutating = {
    matchConstraints: { resourceRules: [rule] },
    mutations: [mutation],
    reinvocationPolicy: 'Never',
  };
  const mutatingPolicies: [string, object, string[]][] = [
    ['a good one', {}, []],
    ['a patch', { mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }] }, []],
    ['no mutation', { mutations: [] }, ['spec.mutations: Required value: mutations must contain at least one item']],
    ['no type', { mutations: [{ patchType: '' }] }, ['spec.mutations[0].patchType: Required value']],
    [
      'an unknown type',
      { mutations: [{ ...mutation, patchType: 'x' }] },
      ['spec.mutations[0].patchType: Unsupported value: "x": supported values: "ApplyConfiguration", "JSONPatch"'],
    ],
    [
      'the wrong member',
      { mutations: [{ ...mutation, patchType: 'JSONPatch' }] },
      [
        'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
        'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
      ],
    ],
    [
      'no expression',
      { mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: ' ' } }] },
      ['spec.mutations[0].jsonPatch.expression: Required value'],
    ],
    ['no reinvocationPolicy', { reinvocationPolicy: undefined }, ['spec.reinvocationPolicy: Required value']],
    [
      'an unknown reinvocationPolicy',
      { reinvocationPolicy: 'x' },
      ['spec.reinvocationPolicy: Unsupported value: "x": supported values: "Never", "IfNeeded"'],
    ],
    [
      'deletions',
      { matchConstraints: { resourceRules: [{ ...rule, operations: ['DELETE'] }] } },
      [
        'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
      ],
    ],
    ['no constraints', { matchConstraints: undefined }, ['spec.matchConstraints: Required value']],
  ];
  it.each(mutatingPolicies)('mutating policy: %s', (_name, change, expected) => {
    expect(errorsOf('mutatingadmissionpolicies', { spec: { ...mutating, ...change } })).toEqual(expected);
  });

  it('mutating policies have the defaults of validating ones', () => {
    const { object } = read('mutatingadmissionpolicies', { spec: mutating });
    expect(object.spec).toEqual({
      ...mutating,
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [{ ...rule, scope: '*' }],
      },
    });
  });

  it('bindings of mutating policies', () => {
    const errors = (spec: object) => errorsOf('mutatingadmissionpolicybindings', { spec });
    const resourceRules = [{ ...rule, operations: ['DELETE'] }];
    expect(errors({ policyName: 'p' })).toEqual([]);
    expect(errors({ paramRef: {}, matchResources: { resourceRules } })).toEqual([
      'spec.policyName: Required value',
      'spec.paramRef: Required value: one of name or selector must be specified',
      'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ]);
  });

  it('an update counts in the generation', () => {
    const { definition, object: before } = read('validatingwebhookconfigurations', { webhooks: [webhook] });
    definition.prepareForCreate(before);
    const { object } = read('validatingwebhookconfigurations', { webhooks: [{ ...webhook, timeoutSeconds: 3 }] });
    definition.prepareForUpdate(object, before);
    expect(object.metadata.generation).toBe(2);
  });
});
