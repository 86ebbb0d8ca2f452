import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../api-error.js';
import { canonicalValue, decodeObject, type FieldValidation, parseBody } from './index.js';
import { strictJsonErrors } from './strict-json.js';
import { unknownFields } from './unknown-fields.js';

const DAEMON_SET = { group: 'apps', version: 'v1', kind: 'DaemonSet', schema: 'io.k8s.api.apps.v1.DaemonSet' };
const POD = { group: '', version: 'v1', kind: 'Pod', schema: 'io.k8s.api.core.v1.Pod' };
const NODE = { group: '', version: 'v1', kind: 'Node', schema: 'io.k8s.api.core.v1.Node' };
const SECRET = { group: '', version: 'v1', kind: 'Secret', schema: 'io.k8s.api.core.v1.Secret' };

const decode = (value: unknown, target = DAEMON_SET, mode: FieldValidation = 'Ignore') =>
  decodeObject({ value }, target, mode).object;

describe('the canonical form', () => {
  it('fills in value structs and drops what omitempty drops', () => {
    expect(
      decode({
        metadata: { name: 'a', labels: {}, creationTimestamp: null },
        spec: {
          minReadySeconds: 0,
          revisionHistoryLimit: 0,
          selector: { matchLabels: { z: '1', a: '' } },
          template: {
            spec: {
              containers: [{ name: 'c', image: '', env: [], command: null, stdin: false }],
              hostNetwork: false,
              automountServiceAccountToken: false,
              nodeName: '',
              securityContext: {},
            },
          },
        },
      }),
    ).toEqual({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'a' },
      spec: {
        revisionHistoryLimit: 0,
        selector: { matchLabels: { a: '', z: '1' } },
        template: {
          metadata: {},
          spec: {
            automountServiceAccountToken: false,
            containers: [{ name: 'c', resources: {} }],
            securityContext: {},
          },
        },
        updateStrategy: {},
      },
      status: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
    });
  });

  it('does not depend on the order of keys', () => {
    const one = decode({
      metadata: { name: 'a', labels: { b: '1', a: '2' } },
      spec: { minReadySeconds: 1, selector: {} },
    });
    const two = decode({
      spec: { selector: {}, minReadySeconds: 1 },
      metadata: { labels: { a: '2', b: '1' }, name: 'a' },
    });
    expect(JSON.stringify(one)).toBe(JSON.stringify(two));
  });

  it('writes quantities, times, ports and bytes as Go does', () => {
    const pod = decode(
      {
        metadata: { creationTimestamp: '2026-01-01T02:00:00+02:00' },
        spec: {
          containers: [
            {
              name: 'c',
              resources: { limits: { cpu: 0.5, memory: '1024Mi' } },
              livenessProbe: { httpGet: { port: 'web' }, initialDelaySeconds: 0, grpc: { port: 1 } },
              env: [{ name: 'e', value: '', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }],
            },
          ],
          volumes: [{ name: 'v', emptyDir: {} }],
          tolerations: [{ operator: 'Exists', tolerationSeconds: 0 }],
        },
      },
      POD,
    );
    expect(pod).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: {
        containers: [
          {
            env: [{ name: 'e', valueFrom: { resourceFieldRef: { divisor: '0', resource: 'limits.cpu' } } }],
            livenessProbe: { grpc: { port: 1, service: '' }, httpGet: { port: 'web' } },
            name: 'c',
            resources: { limits: { cpu: '500m', memory: '1Gi' } },
          },
        ],
        tolerations: [{ operator: 'Exists', tolerationSeconds: 0 }],
        volumes: [{ emptyDir: {}, name: 'v' }],
      },
      status: {},
    });
    expect(decode({ data: { k: 'aGk=', empty: '' } }, SECRET).data).toEqual({ empty: '', k: 'aGk=' });
    const lease = canonicalValue('io.k8s.api.coordination.v1.LeaseSpec', {
      renewTime: '2026-01-01T02:00:00.123456+02:00',
      leaseTransitions: 0,
      holderIdentity: '',
    });
    expect(lease).toEqual({ holderIdentity: '', leaseTransitions: 0, renewTime: '2026-01-01T00:00:00.123456Z' });
  });

  it('writes unset times as Go does: null where the type is no pointer', () => {
    const condition = canonicalValue('io.k8s.api.core.v1.PodCondition', { type: 'Ready', status: 'True' });
    expect(condition).toEqual({ lastProbeTime: null, lastTransitionTime: null, status: 'True', type: 'Ready' });
    expect(canonicalValue('io.k8s.api.core.v1.Taint', { key: 'a', effect: 'NoExecute' })).toEqual({
      effect: 'NoExecute',
      key: 'a',
    });
    const early = canonicalValue('io.k8s.api.coordination.v1.LeaseSpec', { renewTime: '0001-01-01T00:00:02.000000Z' });
    expect(early).toEqual({ renewTime: '0001-01-01T00:00:02.000000Z' });
  });

  // Recorded from a kube-apiserver 1.36.2.
  it.each([
    ['2021-02-03', ' as "2006-01-02T15:04:05.000000Z07:00": cannot parse "" as "T"'],
    ['2021-02-03t04:05:06z', ' as "2006-01-02T15:04:05.000000Z07:00": cannot parse "t04:05:06z" as "T"'],
    ['2021-02-03T04:05:06Z', ' as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"'],
    ['2021-02-03T04:05:06.5Z', ' as "2006-01-02T15:04:05.000000Z07:00": cannot parse ".5Z" as ".000000"'],
    ['2021-02-03T04:05:06.789123456Z', ' as "2006-01-02T15:04:05.000000Z07:00": cannot parse "456Z" as "Z07:00"'],
    ['2021-02-03T04:05:60Z', ': second out of range'],
    ['2021-02-30T04:05:06.000000Z', ': day out of range'],
  ])('refuses the time %s in the words of Go', (renewTime, message) => {
    expect(() => canonicalValue('io.k8s.api.coordination.v1.LeaseSpec', { renewTime })).toThrow(
      `parsing time "${renewTime}"${message}`,
    );
  });

  it('writes the empty parts of a node', () => {
    expect(decode({ metadata: { name: 'n' } }, NODE).status).toMatchObject({
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: { machineID: '' },
    });
  });

  it('keeps free-form data as it is', () => {
    const data = { spec: { b: null, a: [], z: '' } };
    const revision = canonicalValue('io.k8s.api.apps.v1.ControllerRevision', { data });
    expect(JSON.stringify(revision)).toBe('{"data":{"spec":{"b":null,"a":[],"z":""}},"metadata":{},"revision":0}');
  });

  it('is its own canonical form', () => {
    const value = fc.letrec((tie) => ({
      tree: fc.oneof(
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.string(),
        fc.array(tie('tree'), { maxLength: 2 }),
      ),
    })).tree;
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('labels', 'name', 'finalizers', 'generation', 'other'), value),
        (metadata) => {
          let once: unknown;
          try {
            once = decode({ metadata });
          } catch (error) {
            expect(error).toBeInstanceOf(ApiError);
            return;
          }
          expect(JSON.stringify(decode(once))).toBe(JSON.stringify(once));
        },
      ),
    );
  });

  it('keeps keys that JavaScript treats apart', () => {
    const { metadata } = decode(JSON.parse('{"metadata":{"labels":{"__proto__":"x","constructor":"y"}}}'));
    expect(JSON.stringify(metadata.labels)).toBe('{"__proto__":"x","constructor":"y"}');
  });
});

describe('values of the wrong type', () => {
  const inSpec = (spec: unknown) => () => decode({ spec });
  it.each([
    [{ minReadySeconds: 'x' }, 'string into Go struct field DaemonSetSpec.spec.minReadySeconds of type int32'],
    [{ minReadySeconds: 1.5 }, 'number 1.5 into Go struct field DaemonSetSpec.spec.minReadySeconds of type int32'],
    [
      { minReadySeconds: 2 ** 31 },
      'number 2147483648 into Go struct field DaemonSetSpec.spec.minReadySeconds of type int32',
    ],
    [[], 'array into Go struct field DaemonSet.spec of type v1.DaemonSetSpec'],
    [
      { template: { spec: { containers: [{ env: [{ value: 1 }] }] } } },
      'number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    ],
    [
      { template: { spec: { containers: {} } } },
      'object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      { selector: { matchLabels: { a: true } } },
      'bool into Go struct field LabelSelector.spec.selector.matchLabels of type string',
    ],
    [
      { updateStrategy: { type: 5 } },
      'number into Go struct field DaemonSetUpdateStrategy.spec.updateStrategy.type of type v1.DaemonSetUpdateStrategyType',
    ],
    [
      { template: { spec: { containers: [{ securityContext: { capabilities: { add: [true] } } }] } } },
      'bool into Go struct field Capabilities.spec.template.spec.containers.securityContext.capabilities.add of type v1.Capability',
    ],
    [
      { template: { spec: { volumes: [{ emptyDir: 'x' }] } } },
      'string into Go struct field Volume.spec.template.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource',
    ],
    [
      { template: { spec: { containers: [{ livenessProbe: { httpGet: { scheme: 1 } } }] } } },
      'number into Go struct field HTTPGetAction.spec.template.spec.containers.livenessProbe.ProbeHandler.httpGet.scheme of type v1.URIScheme',
    ],
  ])('%j', (spec, message) => {
    expect(inSpec(spec)).toThrow(
      `DaemonSet in version "v1" cannot be handled as a DaemonSet: json: cannot unmarshal ${message}`,
    );
  });

  it('names the embedded structs that a number lies in', () => {
    const body = parseBody('{"spec":{"containers":[{"livenessProbe":{"httpGet":{"port":1.0}}}]}}', 'json');
    expect(() => decodeObject(body, POD)).toThrow(
      'json: cannot unmarshal number 1.0 into Go struct field HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32',
    );
  });

  it('names bad quantities, times and bytes', () => {
    const container = (resources: unknown) => ({ spec: { containers: [{ name: 'c', resources }] } });
    expect(() => decode(container({ limits: { cpu: 'lots' } }), POD)).toThrow(
      'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression',
    );
    expect(() => decode({ metadata: { creationTimestamp: 'now' } }, POD)).toThrow('parsing time "now" as');
    expect(() => decode({ metadata: { creationTimestamp: '2026-02-30T00:00:00Z' } }, POD)).toThrow('parsing time');
    expect(() => decode({ data: { a: '!' } }, SECRET)).toThrow('illegal base64 data at input byte 0');
  });

  it('refuses other kinds and bodies that are no object', () => {
    expect(() => decode({ apiVersion: 'v1' })).toThrow(
      'DaemonSet in version "v1" cannot be handled as a DaemonSet: no kind "DaemonSet" is registered for version "v1" in scheme',
    );
    expect(() => decode({ kind: 'Pod' })).toThrow(
      'Pod in version "v1" cannot be handled as a DaemonSet: no kind "Pod" is registered for version "apps/v1"',
    );
    expect(() => decode({ apiVersion: 'v1', kind: 'Pod' })).toThrow(
      'Pod in version "v1" cannot be handled as a DaemonSet: converting (v1.Pod) to (apps.DaemonSet): unknown conversion',
    );
    const event = { group: '', version: 'v1', kind: 'Event', schema: 'io.k8s.api.core.v1.Event' };
    expect(() => decode({ apiVersion: 'events.k8s.io/v1', kind: 'Event' }, event)).toThrow(
      'the API version in the data (events.k8s.io/v1) does not match the expected API version (v1)',
    );
    for (const value of [[], 'x', 1]) expect(() => decode(value)).toThrow(ApiError);
    expect(decode(null)).toEqual(decode({}));
  });
});

describe('field validation', () => {
  const body = parseBody(
    '{"spec":{"replicas":1,"minReadySeconds":1,"template":{"spec":{"containers":[{"name":"a"},{"imgae":"x"}]}},"minReadySeconds":2}}',
    'json',
  );
  /** In the order in which they stand in the text. */
  const faults = [
    'unknown field "spec.replicas"',
    'unknown field "spec.template.spec.containers[1].imgae"',
    'duplicate field "spec.minReadySeconds"',
  ];

  it('Strict refuses', () => {
    expect(() => decodeObject(body, DAEMON_SET, 'Strict')).toThrow(
      `DaemonSet in version "v1" cannot be handled as a DaemonSet: strict decoding error: ${faults.join(', ')}`,
    );
  });

  it('Warn and Ignore drop', () => {
    const warned = decodeObject(body, DAEMON_SET, 'Warn');
    expect(warned.warnings).toEqual(faults);
    expect(warned.object.spec).not.toHaveProperty('replicas');
    expect(warned.object.spec).toMatchObject({ minReadySeconds: 2 });
    expect(decodeObject(body, DAEMON_SET, 'Ignore').warnings).toEqual([]);
  });

  it('is case-sensitive', () => {
    expect(decodeObject({ value: { Spec: {} } }, POD, 'Warn').warnings).toEqual(['unknown field "Spec"']);
  });
});

describe('strictJsonErrors', () => {
  it('finds none in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(strictJsonErrors(JSON.stringify(value))).toEqual([]);
      }),
    );
  });

  it('reads escapes, strings with brackets and nested lists', () => {
    expect(strictJsonErrors('{"a":"{\\"a\\":1,","\\u0061":2,"b":[[{"c":1}],{"c":1,"c":"]"}]}')).toEqual([
      'duplicate field "a"',
      'duplicate field "b[1].c"',
    ]);
  });

  it('finds with a schema the unknown fields that a walk through the value finds', () => {
    const key = fc.constantFrom('spec', 'containers', 'name', 'env', 'metadata', 'labels', 'x', 'value', 'volumes');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom(1, 'a'),
        fc.array(tie('tree'), { maxLength: 2 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const unknown = unknownFields(POD.schema, value).map((path) => `unknown field ${JSON.stringify(path)}`);
        const found = strictJsonErrors(JSON.stringify(value), POD.schema);
        if (typeof value === 'object' && !Array.isArray(value)) expect(found).toEqual(unknown);
      }),
    );
  });

  it('tells an unknown field once, and nothing of what is in it', () => {
    expect(strictJsonErrors('{"x":{"a":1,"a":2},"x":1}', POD.schema)).toEqual(['unknown field "x"']);
  });
});

describe('YAML bodies', () => {
  it('are read as YAML 1.1, with times as text', () => {
    const { value, strict } = parseBody('a: yes\nb: 2026-01-01\nc: "1"\nd: 010\na: off\n', 'yaml');
    expect(value).toEqual({ a: false, b: '2026-01-01', c: '1', d: 8 });
    const doubled = 'line 5: key "a" already set in map';
    expect(strict()).toEqual({ errors: [`yaml: unmarshal errors:\n  ${doubled}`], warnings: [doubled] });
  });

  it('are refused when broken or swollen by aliases', () => {
    expect(() => parseBody('a: [', 'yaml')).toThrow(ApiError);
    expect(() => parseBody('{', 'json')).toThrow(ApiError);
    const deep = `${'['.repeat(600)}${']'.repeat(600)}`;
    for (const format of ['json', 'yaml'] as const) expect(() => parseBody(deep, format)).toThrow('exceeded max depth');
    const bomb = [
      'a0: &a0 [x,x,x,x,x,x,x,x,x]',
      ...[1, 2, 3, 4].map((n) => `a${n}: &a${n} [${Array(9).fill(`*a${n - 1}`)}]`),
    ];
    expect(() => parseBody(bomb.join('\n'), 'yaml')).toThrow(ApiError);
  });
});

describe('JSON that cannot be read', () => {
  it.each([
    ['', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['{"a', 'unexpected end of JSON input'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{x', "invalid character 'x' looking for beginning of object key string"],
    ['{"a" 1', "invalid character '1' after object key"],
    ['{"a":1 "b"', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} {}', "invalid character '{' after top-level value"],
    ['{"a":"\n"}', "invalid character '\\n' in string literal"],
    ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
  ])('%j', (text, fault) => {
    const summary = text === '' ? '<empty>' : text.startsWith('{') ? text : Buffer.from(text).toString('hex');
    expect(() => parseBody(text, 'json', 'Pod')).toThrow(
      `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: ${fault} (${summary})`,
    );
  });
});
